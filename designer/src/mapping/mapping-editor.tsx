import { Drawer } from 'antd';
import { useState } from 'react';
import { useEditor, useEditorStore } from '../editor/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { setConfig } from '../model/commands/change-node.ts';
import { CodeEditor } from '../parts/code-editor.tsx';
import { parseJson } from '../parts/parse-json.ts';
import styles from './mapping-editor.module.css';

const TEXTS = defineTexts({
  title: ['映射：{{label}}', 'Mapping: {{label}}'],
  help: [
    '每条规则把一个来源填到目标字段 to：from 可以是 {"path": "data.…"}、{"value": …}、{"fn": …, "args": […]} 或 {"table": …, "key": …}；另有 default 与 required。改动即时生效，可撤销；有误的地方会列在“问题”里。',
    'Each rule fills a target field "to" from {"path": "data.…"}, {"value": …}, {"fn": …, "args": […]} or {"table": …, "key": …}; there are "default" and "required" too. Changes count at once and can be undone; mistakes are listed under "Problems".',
  ],
  rules: ['映射规则（JSON）', 'Rules of the mapping (JSON)'],
  notJson: ['这不是正确的 JSON，尚未采用', 'This is not valid JSON and is not taken yet'],
});

/** The rules of a mapping as the document holds them, beside the canvas. */
export function MappingEditor({ nodeId, onClose }: { readonly nodeId: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const store = useEditorStore();
  const node = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId));
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const [typed, setTyped] = useState(() => JSON.stringify(node?.config['mapping'] ?? { rules: [] }, null, 2));
  if (node === undefined) return null;
  const change = (text: string) => {
    setTyped(text);
    const parsed = parseJson(text);
    if (parsed === undefined) return;
    const { history, types, run } = store.getState();
    run(setConfig(history.document, types, nodeId, { ...node.config, mapping: parsed.value }, '/mapping'));
  };
  return (
    <Drawer open size={720} title={t('title', { label: node.label })} onClose={onClose}>
      <p className={styles.help}>{t('help')}</p>
      <CodeEditor
        label={t('rules')}
        language="json"
        height="calc(100vh - 220px)"
        isReadOnly={isReadOnly}
        value={typed}
        onChange={change}
        onBlur={() => store.getState().seal()}
      />
      {parseJson(typed) === undefined ? <p className={styles.bad}>{t('notJson')}</p> : null}
    </Drawer>
  );
}
