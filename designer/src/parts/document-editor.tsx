/** A document of the registry as JSON: changed as a whole, saved with its revision, and never over somebody else's version. */
import { Alert, Button } from 'antd';
import { Save } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { CodeEditor } from './code-editor.tsx';
import styles from './document-editor.module.css';
import { Panel } from './page-header.tsx';
import { parseJson } from './parse-json.ts';
import { SaveProblem } from './save-problem.tsx';
import { useLeaveGuard } from './use-leave-guard.ts';

const TEXTS = defineTexts({
  save: ['保存', 'Save'],
  noJson: ['还不是合法的 JSON 对象，改好后才能保存。', 'This is not a JSON object yet; it can be saved once it is one.'],
});

interface DocumentEditorProps {
  readonly title: string;
  readonly help?: string;
  /** What may be changed of it; id and revision stay outside. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly isReadOnly: boolean;
  readonly error: unknown;
  readonly isSaving: boolean;
  readonly onSave: (content: Readonly<Record<string, unknown>>) => void;
  readonly onReload: () => void;
  readonly onChange?: (content: Readonly<Record<string, unknown>> | undefined) => void;
  readonly problems?: ReactNode;
}

export function DocumentEditor(props: DocumentEditorProps) {
  const t = useTexts(TEXTS);
  const original = JSON.stringify(props.content, undefined, 2);
  const [text, setText] = useState(original);
  const content = objectOf(text);
  const isChanged = content === undefined ? text !== original : JSON.stringify(content) !== JSON.stringify(props.content);
  useLeaveGuard(isChanged);
  const change = (next: string) => {
    setText(next);
    props.onChange?.(objectOf(next));
  };
  const save = props.isReadOnly ? null : (
    <Button
      type="primary"
      icon={<Save size={16} />}
      disabled={!isChanged || content === undefined}
      loading={props.isSaving}
      onClick={() => (content === undefined ? undefined : props.onSave(content))}
    >
      {t('save')}
    </Button>
  );
  return (
    <Panel title={props.title} extra={save}>
      <div className={styles.body}>
        {props.help === undefined ? null : <p className={styles.help}>{props.help}</p>}
        <SaveProblem error={props.error} onReload={props.onReload} />
        {content === undefined ? <Alert type="error" showIcon title={t('noJson')} /> : props.problems}
        <CodeEditor value={text} language="json" label={props.title} height="420px" isReadOnly={props.isReadOnly} onChange={change} />
      </div>
    </Panel>
  );
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text)?.value;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
