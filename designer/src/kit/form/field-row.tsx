/** Shows one field: label, help, editor, default and problems. */
import { Button, Popover } from 'antd';
import { CircleAlert, CircleHelp, RotateCcw, TriangleAlert } from 'lucide-react';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { sentences } from '../../i18n/sentences.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { FieldControl } from './field-control.tsx';
import { kindOf, sameJson, type Field } from './field-schema.ts';
import { useCommit, useForm, useFormState } from './form-context.tsx';
import { issuesAt, type FormIssue } from './form-issues.ts';
import styles from './field-row.module.css';

const TEXTS = defineTexts({
  required: ['必填', 'Required'],
  isDefault: ['默认值', 'Default'],
  toDefault: ['恢复默认值', 'Back to default'],
  more: ['“{{label}}”的说明', 'About “{{label}}”'],
  example: ['例：', 'Example: '],
});

const HIGHLIGHT_MS = 2400;
/**
 * Maximum number of characters of a help text that is always visible. A longer text is shown by a question mark button.
 */
const SHORT_HELP = 70;
/** Kinds of fields that consist of smaller fields. Each of these shows its own problems. */
const HOLDERS: ReadonlySet<string> = new Set(['group', 'optional-group', 'rows', 'branches', 'ports']);
/** Kinds of fields that show the label, the mark for a default value, and the switch on one line. */
const INLINE: ReadonlySet<string> = new Set(['switch']);
/** Kinds that show their example as the placeholder. */
const WITH_PLACEHOLDER: ReadonlySet<string> = new Set([
  'text',
  'long-text',
  'template',
  'expression',
  'data-path',
  'field-path',
  'operand',
  'hl7-path',
  'media-type',
  'cron',
  'time-zone',
  'texts',
]);

interface FieldRowProps {
  readonly field: Field;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly pointer: string;
}

export function FieldRow({ field, value, onChange, pointer }: FieldRowProps) {
  const { schema, isRequired, name } = field;
  const id = useId();
  const text = useText();
  const { issues, focus } = useFormState();
  const kind = kindOf(schema);
  const isHolder = HOLDERS.has(kind);
  const problems = issuesAt(issues, pointer, isHolder);
  const label = text(schema.text?.label) || name;
  const control = (
    <FieldControl
      schema={schema}
      value={value}
      onChange={onChange}
      id={id}
      label={label}
      pointer={pointer}
      isInvalid={problems.some(({ severity }) => severity === 'error')}
      isRequired={isRequired}
    />
  );
  const isInline = INLINE.has(kind);
  return (
    <FieldFrame
      htmlFor={id}
      label={label}
      isRequired={isRequired}
      pointer={pointer}
      problems={problems}
      focus={focus}
      isHolder={isHolder}
      beside={<MoreHelp field={field} label={label} kind={kind} />}
      end={
        <>
          <DefaultMark field={field} value={value} onChange={onChange} label={label} />
          {isInline ? control : null}
        </>
      }
      help={<ShortHelp field={field} kind={kind} />}
    >
      {isInline ? null : control}
    </FieldFrame>
  );
}

interface FieldFrameProps {
  readonly htmlFor: string;
  readonly label: string;
  readonly isRequired?: boolean;
  readonly help?: ReactNode;
  readonly pointer: string;
  readonly problems: readonly FormIssue[];
  readonly focus: { readonly pointer: string; readonly serial: number } | undefined;
  /** True if the field consists of smaller fields, which are shown separately. */
  readonly isHolder?: boolean;
  /** Shown directly after the label. `end` is shown at the end of the label's line. */
  readonly beside?: ReactNode;
  readonly end?: ReactNode;
  readonly children: ReactNode;
}

/** Shows the frame of a field. It is also used for fields without a schema. */
export function FieldFrame(props: FieldFrameProps) {
  const { htmlFor, label, isRequired = false, help, pointer, problems, focus, isHolder = false, beside, end, children } = props;
  const { place, isLit } = useShownOn(focus, pointer, isHolder);
  return (
    <div ref={place} className={isLit ? `${styles.row} ${styles.lit}` : styles.row} data-pointer={pointer}>
      <div className={styles.head}>
        <FieldLabel htmlFor={htmlFor} label={label} isRequired={isRequired} />
        {beside}
        <span className={styles.space} />
        {end}
      </div>
      {typeof help === 'string' ? <div className={styles.help}>{help}</div> : help}
      {children}
      <Problems problems={problems} />
    </div>
  );
}

export function FieldLabel(props: { readonly htmlFor: string; readonly label: ReactNode; readonly isRequired?: boolean }) {
  const t = useTexts(TEXTS);
  return (
    <label htmlFor={props.htmlFor} className={styles.label}>
      {props.label}
      {props.isRequired === true ? (
        <span className={styles.required} title={t('required')}>
          *
        </span>
      ) : null}
    </label>
  );
}

export function Problems({ problems }: { readonly problems: readonly FormIssue[] }) {
  if (problems.length === 0) return null;
  return (
    <ul className={styles.problems}>
      {problems.map(({ what, fix, severity }, index) => (
        <li key={index} className={severity === 'error' ? styles.error : styles.warning}>
          {severity === 'error' ? <CircleAlert size={14} aria-hidden /> : <TriangleAlert size={14} aria-hidden />}
          <span>
            {what}
            {fix === undefined ? null : <span className={styles.fix}>{sentences(what, fix).slice(what.length)}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function ShortHelp({ field, kind }: { readonly field: Field; readonly kind: string }) {
  const text = useText();
  const t = useTexts(TEXTS);
  const { help, example } = field.schema.text ?? {};
  const words = text(help);
  const isShort = words !== '' && words.length <= SHORT_HELP;
  const shownExample = WITH_PLACEHOLDER.has(kind) ? undefined : example;
  if (!isShort && shownExample === undefined) return null;
  return (
    <div className={styles.help}>
      {isShort ? words : null}
      {shownExample === undefined ? null : (
        <span className={styles.example}>
          {t('example')}
          <code>{shownExample}</code>
        </span>
      )}
    </div>
  );
}

function MoreHelp({ field, label, kind }: { readonly field: Field; readonly label: string; readonly kind: string }) {
  const text = useText();
  const t = useTexts(TEXTS);
  const { help, example } = field.schema.text ?? {};
  const words = text(help);
  const isLong = words.length > SHORT_HELP;
  const isHidden = example !== undefined && WITH_PLACEHOLDER.has(kind);
  if (!isLong && !isHidden) return null;
  const content = (
    <div className={styles.popover}>
      {words === '' ? null : <p>{words}</p>}
      {example === undefined ? null : (
        <p>
          {t('example')}
          <code>{example}</code>
        </p>
      )}
    </div>
  );
  return (
    <Popover content={content} trigger={['hover', 'focus', 'click']} placement="top">
      <button type="button" className={styles.question} aria-label={t('more', { label })}>
        <CircleHelp size={14} />
      </button>
    </Popover>
  );
}

function DefaultMark({ field, value, onChange, label }: Omit<FieldRowProps, 'pointer'> & { readonly label: string }) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const { default: preset } = field.schema;
  if (preset === undefined || isNothing(preset)) return null;
  if (value === undefined || sameJson(value, preset)) return <span className={styles.preset}>{t('isDefault')}</span>;
  if (isReadOnly) return null;
  return (
    <Button
      type="text"
      size="small"
      className={styles.reset ?? ''}
      icon={<RotateCcw size={12} />}
      aria-label={`${t('toDefault')} · ${label}`}
      onClick={() => commit(undefined)}
    >
      {t('toDefault')}
    </Button>
  );
}

/**
 * Returns whether a default is an empty list or an empty mapping. The form does not offer to reset to such a default,
 * because this would discard the author's work.
 */
function isNothing(preset: unknown): boolean {
  if (typeof preset !== 'object' || preset === null) return preset === '';
  return Object.values(preset).every(isNothing);
}

/** When the form is asked to show this field, scrolls it into view, focuses it and highlights it. */
function useShownOn(focus: { readonly pointer: string; readonly serial: number } | undefined, pointer: string, isHolder: boolean) {
  const place = useRef<HTMLDivElement>(null);
  const [isLit, setLit] = useState(false);
  const isMeant = focus !== undefined && (focus.pointer === pointer || (!isHolder && focus.pointer.startsWith(`${pointer}/`)));
  const serial = isMeant ? focus.serial : undefined;
  useEffect(() => {
    const element = place.current;
    if (serial === undefined || element === null) return;
    element.scrollIntoView({ block: 'center' });
    element.querySelector<HTMLElement>(FOCUSABLE)?.focus({ preventScroll: true });
    setLit(true);
    const timer = setTimeout(() => setLit(false), HIGHLIGHT_MS);
    return () => clearTimeout(timer);
  }, [serial]);
  return { place, isLit };
}

const FOCUSABLE = 'input:not([disabled]), textarea, .cm-content, [role="combobox"], [role="switch"], select';
