/**
 * A form for a JSON Schema with field texts (`docs/add-a-node.md`). Each field has an editor that is chosen by its
 * kind. Nodes, adapters and interfaces use it.
 */
import { useMemo } from 'react';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import { pointerStep } from '../../../../engine/contract/schema/schema-problem.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { FieldList } from './field-list.tsx';
import { Problems } from './field-row.tsx';
import { fieldsOf, valueAt, type FieldSchema } from './field-schema.ts';
import { FormStateProvider, type FormState } from './form-context.tsx';
import { issuesElsewhere, localIssues, serverIssues } from './form-issues.ts';
import styles from './schema-form.module.css';

const TEXTS = defineTexts({ nothing: ['没有需要配置的内容。', 'There is nothing to configure.'] });

export type FormValue = Readonly<Record<string, unknown>>;

export interface SchemaFormProps {
  /** The editor of each kind of field. The caller passes them, because some editors depend on nodes and flows. */
  readonly editors: FormState['editors'];
  /** The schema of an object, as JSON. */
  readonly schema: FieldSchema | Readonly<Record<string, unknown>>;
  readonly value: FormValue;
  /**
   * Called with the whole new value and the JSON Pointer of the changed top-level field. The pointer is the merge key
   * of the undo step.
   */
  readonly onChange: (value: FormValue, pointer: string) => void;
  /** Issues from the server. Those below `prefix` are shown at their fields. */
  readonly issues?: readonly Issue[];
  /** JSON Pointer of `value` in the document to which the issues refer. */
  readonly prefix?: string;
  /**
   * The field to scroll to and highlight, as a JSON Pointer into the value. A higher `serial` does this again for the
   * same field.
   */
  readonly focus?: { readonly pointer: string; readonly serial: number } | undefined;
  /** True if the form also shows, above its fields, the problems below `prefix` that belong to no field. */
  readonly tellsRest?: boolean;
  /** Fields to omit because they are shown elsewhere. */
  readonly without?: readonly string[];
  /** True for a new document that the user has not tried to save yet: empty fields are then not shown as problems. */
  readonly isFresh?: boolean;
  /** Puts short fields side by side if there is room. */
  readonly isDense?: boolean;
}

const NONE: readonly Issue[] = [];

/**
 * Renders the form. A `<FormProvider isReadOnly seal>` around it can make it read-only; `seal` is called when the user
 * has finished an edit. Without a provider, the form is always editable.
 */
export function SchemaForm({
  editors,
  schema,
  value,
  onChange,
  issues = NONE,
  prefix = '',
  focus,
  tellsRest = false,
  without = [],
  isFresh = false,
  isDense = false,
}: SchemaFormProps) {
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const object = schema as FieldSchema;
  const problems = useMemo(
    () => [
      ...localIssues(object, value, language).filter(({ pointer }) => !isFresh || valueAt(value, pointer) !== undefined),
      ...serverIssues(issues, prefix, language),
    ],
    [object, value, issues, prefix, language, isFresh],
  );
  const state = useMemo(() => ({ value, issues: problems, focus, editors }), [value, problems, focus, editors]);
  const fields = fieldsOf(object).filter(({ name }) => !without.includes(name));
  const rest = tellsRest
    ? issuesElsewhere(
        problems,
        fields.map(({ name }) => pointerStep(name)),
      )
    : [];
  if (fields.length === 0 && without.length === 0 && rest.length === 0) return <p className={styles.nothing}>{t('nothing')}</p>;
  return (
    <FormStateProvider state={state}>
      <div className={isDense ? `${styles.form} ${styles.dense}` : styles.form}>
        <Problems problems={rest} />
        <FieldList fields={fields} record={value} pointer="" onChange={onChange} />
      </div>
    </FormStateProvider>
  );
}
