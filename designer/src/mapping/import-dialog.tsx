/** Reads the target's fields off an example of it, or off a JSON Schema. */
import { Button, Modal } from 'antd';
import { BadgeCheck } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useEditor } from '../editor/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { addFields } from '../model/mapping/edit-mapping.ts';
import { expectedFields, isSchema, schemasBehind } from '../model/mapping/expected-fields.ts';
import { CodeEditor } from '../parts/code-editor.tsx';
import { parseJson } from '../parts/parse-json.ts';
import { useMappingView } from './mapping-context.tsx';
import styles from './dialogs.module.css';

const TEXTS = defineTexts({
  title: ['导入目标结构', 'Import the structure of the target'],
  help: [
    '粘贴接收方期望的一份样例，或它的 JSON Schema。字段会加入目标；已有的规则不变。样例里的值不保存。',
    'Paste an example of what the receiver expects, or its JSON Schema. The fields are added to the target, rules stay. Values of the example are not kept.',
  ],
  behind: ['用后面节点“{{label}}”的 JSON Schema', 'Use the JSON Schema of "{{label}}" behind this node'],
  text: ['样例或 JSON Schema', 'Example or JSON Schema'],
  notJson: ['这不是正确的 JSON', 'This is not valid JSON'],
  schema: ['JSON Schema：{{count}} 个字段，其中 {{required}} 个必填', 'JSON Schema: {{count}} fields, {{required}} of them required'],
  example: ['样例：{{count}} 个字段', 'Example: {{count}} fields'],
  ok: ['加入目标', 'Add to the target'],
  cancel: ['取消', 'Cancel'],
});

export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { editing, nodeId } = useMappingView();
  const document = useEditor(({ history }) => history.document);
  const schemas = useMemo(() => schemasBehind(document, nodeId), [document, nodeId]);
  const [typed, setTyped] = useState('');
  const parsed = parseJson(typed);
  const fields = useMemo(() => (parsed === undefined ? [] : expectedFields(parsed.value)), [typed]);
  const count = { count: fields.length, required: fields.filter(({ required }) => required === true).length };
  return (
    <Modal
      open
      title={t('title')}
      width={640}
      okText={t('ok')}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: fields.length === 0 }}
      onOk={() => (editing.edit((mapping) => addFields(mapping, fields)) ? onClose() : undefined)}
      onCancel={onClose}
    >
      <p className={styles.help}>{t('help')}</p>
      {schemas.map(({ label, schema }, index) => (
        <Button key={index} icon={<BadgeCheck size={14} />} onClick={() => setTyped(JSON.stringify(schema, null, 2))}>
          {t('behind', { label })}
        </Button>
      ))}
      <CodeEditor label={t('text')} language="json" height="280px" value={typed} onChange={setTyped} />
      <p className={parsed === undefined && typed.trim() !== '' ? styles.bad : styles.help} role="status">
        {typed.trim() === '' ? ' ' : parsed === undefined ? t('notJson') : t(isSchema(parsed.value) ? 'schema' : 'example', count)}
      </p>
    </Modal>
  );
}
