/**
 * Edits a document of the registry as a whole. The user can switch between a form and JSON; both edit the same content.
 * The document is saved with its revision, so that a save never overwrites another user's version.
 */
import { Alert, Button, Segmented } from 'antd';
import { Braces, FormInput, Save } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { FormIssue } from '../form/form-issues.ts';
import { defineTexts, useLanguage, useTexts, type Language } from '../../i18n/texts.ts';
import { CodeEditor } from '../code/code-editor.tsx';
import type { Content } from './content.ts';
import styles from './document-form.module.css';
import { marksIn } from '../code/json-marks.ts';
import { parseJson } from '../code/parse-json.ts';
import { SaveProblem } from '../feedback/save-problem.tsx';
import { Tag } from '../feedback/status-tag.tsx';
import { useLeaveGuard } from '../page/use-leave-guard.ts';

const TEXTS = defineTexts({
  save: ['保存', 'Save'],
  view: ['编辑方式', 'How to edit'],
  form: ['表单', 'Form'],
  json: ['JSON（高级）', 'JSON (advanced)'],
  changed: ['有未保存的修改', 'Unsaved changes'],
  readOnly: ['只读', 'Read only'],
  noJson: ['还不是合法的 JSON 对象，改好后才能保存。', 'This is not a JSON object yet; correct it before you save.'],
  wrong: ['请先改好下列问题，再保存。', 'Correct these problems, then save.'],
  more: ['还有 {{count}} 处。', 'And {{count}} more.'],
});

/** Maximum number of problems that are listed. The others are only counted. */
const MOST_TOLD = 8;

/** The props of a document's form. */
export interface FormParts {
  readonly content: Content;
  readonly change: (content: Content) => void;
  /** True for a new document that the user has not tried to save yet. Empty fields are then not shown as problems. */
  readonly isFresh: boolean;
  readonly isChanged: boolean;
}

interface DocumentFormProps {
  readonly title: string;
  /** The editable content, without id and revision of a saved document. */
  readonly content: Content;
  readonly isNew?: boolean;
  readonly isReadOnly: boolean;
  readonly error: unknown;
  readonly isSaving: boolean;
  /** Returns problems that prevent saving. */
  readonly problems: (content: Content, language: Language) => readonly FormIssue[];
  /**
   * Returns the content as it is saved, for a form that hides fields and keeps what was typed into them. Content that
   * was not changed, or was typed as JSON, is not passed to it.
   */
  readonly toSave?: (content: Content) => Content;
  readonly onSave: (content: Content) => void;
  readonly onReload: () => void;
  readonly onChanged?: (isChanged: boolean) => void;
  readonly form: (parts: FormParts) => ReactNode;
  /** Renders something beside the form. */
  readonly aside?: (parts: FormParts) => ReactNode;
}

export function DocumentForm(props: DocumentFormProps) {
  const { title, isReadOnly, aside } = props;
  const [view, setView] = useState<View>('form');
  const draft = useDocumentDraft(props);
  const { text, type, parts, saved, problems } = draft;
  const show = (next: View) => {
    draft.endTyping();
    setView(next);
  };
  return (
    <section aria-label={title} className={aside === undefined ? styles.narrow : undefined}>
      <Bar {...props} draft={draft} view={view} onView={show} />
      <Told {...props} draft={draft} />
      <div className={aside === undefined ? undefined : styles.columns}>
        {view === 'form' ? (
          <div className={styles.sections}>{props.form(parts)}</div>
        ) : (
          <CodeEditor
            // After the first attempt to save, the changed key creates a new editor, which then also marks empty
            // fields.
            key={String(parts.isFresh)}
            value={text ?? JSON.stringify(saved, undefined, 2)}
            language="json"
            label={title}
            height="560px"
            isReadOnly={isReadOnly}
            check={(typed) => (parts.isFresh || objectOf(typed) === undefined ? [] : marksIn(typed, problems))}
            onChange={type}
          />
        )}
        {aside === undefined ? null : <div className={styles.aside}>{aside({ ...parts, content: saved })}</div>}
      </div>
    </section>
  );
}

type View = 'form' | 'json';
type DocumentDraft = ReturnType<typeof useDocumentDraft>;

/** Keeps the edited content, which the form and the JSON share, and saves it. */
function useDocumentDraft(props: DocumentFormProps) {
  const { isNew = false, onChanged } = props;
  const language = useLanguage();
  const [content, setContent] = useState(props.content);
  // While the JSON is shown, keep the text as the user typed it, with its white space.
  const [text, setText] = useState<string>();
  const [isAsked, setAsked] = useState(false);
  const isBroken = text !== undefined && objectOf(text) === undefined;
  const isChanged = isBroken || JSON.stringify(content) !== JSON.stringify(props.content);
  useLeaveGuard(isChanged && !props.isSaving);
  useEffect(() => onChanged?.(isChanged), [isChanged, onChanged]);
  const saved = props.toSave === undefined || text !== undefined || !(isChanged || isNew) ? content : props.toSave(content);
  const problems = props.problems(saved, language);
  const parts: FormParts = { content, change: setContent, isFresh: isNew && !isAsked, isChanged };
  return {
    text,
    parts,
    saved,
    problems,
    isBroken,
    /** True once the user has tried to save. */
    isAsked,
    type(typed: string) {
      const read = objectOf(typed);
      setText(typed);
      if (read !== undefined) setContent(read);
    },
    endTyping: () => setText(undefined),
    save() {
      setAsked(true);
      if (problems.length === 0) props.onSave(saved);
    },
  };
}

interface PartProps extends DocumentFormProps {
  readonly draft: DocumentDraft;
}

interface BarProps extends PartProps {
  readonly view: View;
  readonly onView: (view: View) => void;
}

function Bar({ draft, view, onView, isNew = false, isReadOnly, isSaving }: BarProps) {
  const t = useTexts(TEXTS);
  const { isBroken, save } = draft;
  const { isChanged } = draft.parts;
  return (
    <div className={styles.bar}>
      <Segmented<View>
        className={styles.view ?? ''}
        value={view}
        aria-label={t('view')}
        onChange={onView}
        options={[
          { value: 'form', label: t('form'), icon: <FormInput size={14} className={styles.icon} />, disabled: isBroken },
          { value: 'json', label: t('json'), icon: <Braces size={14} className={styles.icon} /> },
        ]}
      />
      <span className={styles.space} />
      {isReadOnly ? <Tag tone="grey">{t('readOnly')}</Tag> : isChanged ? <Tag tone="amber">{t('changed')}</Tag> : null}
      {isReadOnly ? null : (
        <Button type="primary" icon={<Save size={16} />} disabled={isBroken || !(isChanged || isNew)} loading={isSaving} onClick={save}>
          {t('save')}
        </Button>
      )}
    </div>
  );
}

/** Shows why the server refused the document, and the problems that prevent saving. */
function Told({ draft: { isAsked, isBroken, problems }, error, onReload, isNew = false }: PartProps) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.told}>
      <SaveProblem error={error} onReload={onReload} isNew={isNew} />
      {isAsked && problems.length > 0 ? (
        <Alert type="error" showIcon title={t('wrong')} description={<Problems problems={problems} />} />
      ) : null}
      {isBroken ? <Alert type="error" showIcon title={t('noJson')} /> : null}
    </div>
  );
}

/** Lists problems with the names of their fields, because a field may be in a part of the form that is not visible. */
function Problems({ problems }: { readonly problems: readonly FormIssue[] }) {
  const t = useTexts(TEXTS);
  return (
    <ul className={styles.problems}>
      {problems.slice(0, MOST_TOLD).map(({ pointer, label, what }, index) => (
        <li key={index}>
          <strong>{label ?? pointer}</strong> {what}
        </li>
      ))}
      {problems.length <= MOST_TOLD ? null : <li>{t('more', { count: problems.length - MOST_TOLD })}</li>}
    </ul>
  );
}

function objectOf(text: string): Content | undefined {
  const value = parseJson(text)?.value;
  return isRecord(value) ? value : undefined;
}
