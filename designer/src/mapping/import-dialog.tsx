/** Reads the target's fields from an example or a JSON Schema. */
import { Button, Modal } from 'antd';
import { BadgeCheck } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useEditor } from '../editor/state/editor-context.tsx';
import { useOfferedShapes } from '../node-panel/use-offered-shapes.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { addFields } from '../model/mapping/edit-mapping.ts';
import { expectedFields, isSchema, schemasBehind } from '../model/samples/expected-fields.ts';
import { isXmlSchema, xmlExample } from '../model/samples/xml-example.ts';
import { CodeEditor } from '../kit/code/code-editor.tsx';
import { parseJson } from '../kit/code/parse-json.ts';
import { useMappingView } from './context/mapping-context.tsx';
import styles from './dialogs.module.css';

const TEXTS = defineTexts({
  title: ['导入目标结构', 'Import the structure of the target'],
  help: [
    '粘贴接收方期望的一份样例（JSON 或 XML），或它的 JSON Schema。字段会加入目标；已有的规则不变。样例里的值不保存。',
    'Paste an example of what the receiver expects (JSON or XML), or its JSON Schema. The fields are added to the target; rules stay unchanged. Values of the example are not kept.',
  ],
  behind: ['用后面节点“{{label}}”的结构', 'Use the structure that "{{label}}" after this node accepts'],
  text: ['样例或 JSON Schema', 'Example or JSON Schema'],
  neither: ['这既不是正确的 JSON，也不是完整的 XML', 'This is neither valid JSON nor complete XML'],
  xsd: ['这是 XML Schema（XSD）：请粘贴一份按它写的 XML 样例', 'This is an XML Schema (XSD): paste an example document that follows it'],
  xml: [
    'XML 样例：{{count}} 个字段；映射后请接“生成 XML”节点',
    'XML example: {{count}} fields; add a node that writes XML after the mapping',
  ],
  schema: ['JSON Schema：{{count}} 个字段，其中 {{required}} 个必填', 'JSON Schema: {{count}} fields, {{required}} of them required'],
  example: ['样例：{{count}} 个字段', 'Example: {{count}} fields'],
  ok: ['加入目标', 'Add to the target'],
  cancel: ['取消', 'Cancel'],
});

export function ImportDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { editing, nodeId } = useMappingView();
  const document = useEditor(({ history }) => history.document);
  const offered = useOfferedShapes({ mayAsk: true });
  const schemas = useMemo(() => schemasBehind(document, offered, nodeId), [document, offered, nodeId]);
  const [typed, setTyped] = useState('');
  const { read, fields } = useMemo(() => {
    const found = readStructure(typed);
    return { read: found, fields: 'value' in found ? expectedFields(found.value) : [] };
  }, [typed]);
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
      <CodeEditor
        label={t('text')}
        language={typed.trimStart().startsWith('<') ? 'xml' : 'json'}
        height="280px"
        value={typed}
        onChange={setTyped}
      />
      <p className={'value' in read || typed.trim() === '' ? styles.help : styles.bad} role="status">
        {typed.trim() === '' ? ' ' : t(read.kind, count)}
      </p>
    </Modal>
  );
}

type Structure = { readonly kind: 'schema' | 'example' | 'xml'; readonly value: unknown } | { readonly kind: 'neither' | 'xsd' };

function readStructure(text: string): Structure {
  if (text.trimStart().startsWith('<')) {
    const value = isXmlSchema(text) ? undefined : xmlExample(text);
    return value === undefined ? { kind: isXmlSchema(text) ? 'xsd' : 'neither' } : { kind: 'xml', value };
  }
  const parsed = parseJson(text);
  if (parsed === undefined) return { kind: 'neither' };
  return { kind: isSchema(parsed.value) ? 'schema' : 'example', value: parsed.value };
}
