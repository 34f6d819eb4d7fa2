/** Edits the rules as JSON. Invalid JSON stays in the editor and is not written to the document. */
import { Alert } from 'antd';
import { useMemo } from 'react';
import { MappingSchema } from '../../../nodes/shared/mapping/mapping-document.ts';
import { schemaIssues } from '../../../engine/flow/schema-issues.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { sameJson } from '../kit/form/field-schema.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { CodeEditor } from '../kit/code/code-editor.tsx';
import { parseJson } from '../kit/code/parse-json.ts';
import type { MappingEditing } from './context/use-mapping.ts';
import styles from './mapping-editor.module.css';

const TEXTS = defineTexts({
  label: ['映射规则（JSON）', 'Rules of the mapping (JSON)'],
  help: [
    '与图示是同一份内容，改动即时生效，可撤销。rules 是规则：from 可以是 path、value、expression、fn、table 或 each；target 是接收方的字段。',
    'The same content as the trees; changes take effect immediately and can be undone. "rules" contains the rules: "from" is a path, value, expression, fn, table or each; "target" contains the fields of the receiver.',
  ],
  notJson: [
    '还不是正确的 JSON：文字保留在这里，文档仍是上一次正确的内容。',
    'This is not valid JSON yet: the text stays here, and the document keeps the last valid content.',
  ],
  notMapping: ['不符合映射的格式，图示暂时不能显示：', 'It does not have the structure of a mapping, so the trees cannot be shown:'],
});

/** Text that is not in the document yet. It is kept while the author looks at the other tab. */
export interface JsonDraft {
  readonly text: string;
  /** The value in the document when the author typed the text. */
  readonly of: unknown;
}

interface RulesJsonProps {
  readonly nodeId: string;
  readonly editing: MappingEditing;
  readonly draft: JsonDraft | undefined;
  readonly onDraft: (draft: JsonDraft | undefined) => void;
}

export function RulesJson({ nodeId, editing, draft, onDraft }: RulesJsonProps) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const stored = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId)?.config['mapping']);
  const text = shownText(stored, draft);
  const isJson = parseJson(text) !== undefined;
  const issues = useMemo(
    () => (editing.mapping === undefined ? schemaIssues(MappingSchema, stored, 'MAPPING_INVALID').slice(0, 10) : []),
    [editing.mapping, stored],
  );
  const change = (next: string) => {
    const parsed = parseJson(next);
    if (parsed !== undefined && !sameJson(parsed.value, stored)) editing.replace(parsed.value);
    onDraft({ text: next, of: parsed === undefined ? stored : parsed.value });
  };
  return (
    <div className={styles.json}>
      <p className={styles.help}>{t('help')}</p>
      {isJson ? null : <Alert type="error" showIcon title={t('notJson')} />}
      {issues.length === 0 ? null : (
        <Alert
          type="error"
          showIcon
          title={t('notMapping')}
          description={
            <ul>
              {issues.map((issue, index) => (
                <li key={index}>
                  <code>{issue.path || '/'}</code> {errorText(issue, language).what}
                </li>
              ))}
            </ul>
          }
        />
      )}
      <div className={styles.code}>
        <CodeEditor
          label={t('label')}
          language="json"
          height="100%"
          isReadOnly={editing.isReadOnly}
          value={text}
          onChange={change}
          onBlur={editing.seal}
        />
      </div>
    </div>
  );
}

/**
 * Returns the text to show. This is the typed text, with its white space, until something else changes the value in the
 * document, for example undo.
 */
function shownText(stored: unknown, draft: JsonDraft | undefined): string {
  const isOwn = draft !== undefined && sameJson(draft.of, stored ?? { rules: [] });
  return isOwn ? draft.text : JSON.stringify(stored ?? { rules: [] }, null, 2);
}
