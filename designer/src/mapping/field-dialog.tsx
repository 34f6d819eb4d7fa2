/** Names a new field of the target, or renames one. */
import { Form, Input, Modal, Select, Switch } from 'antd';
import { useState } from 'react';
import { TARGET_TYPES, type TargetField } from '../../../nodes/shared/mapping/mapping-document.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { addField, renameField } from '../model/mapping/edit-mapping.ts';
import { findNode } from '../model/mapping/target-tree.ts';
import { useMappingView } from './context/mapping-context.tsx';
import { TYPE_TEXTS } from './trees/row-parts.tsx';
import type { FieldOrder } from './trees/target-pane.tsx';

const TEXTS = defineTexts({
  add: ['添加目标字段', 'Add a target field'],
  rename: ['重命名字段', 'Rename the field'],
  where: ['放在', 'In'],
  top: ['最上层', 'Top level'],
  name: ['字段名', 'Name'],
  type: ['类型', 'Type'],
  anyType: ['未指定', 'Not specified'],
  required: ['接收方必需', 'Required by the receiver'],
  ok: ['确定', 'OK'],
  cancel: ['取消', 'Cancel'],
});

export function FieldDialog({ order, onClose }: { readonly order: FieldOrder; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const types = useTexts(TYPE_TEXTS);
  const { editing, tree, select } = useMappingView();
  const isNew = order.kind === 'add';
  const [name, setName] = useState(isNew ? '' : (findNode(tree, order.key)?.name ?? ''));
  const [type, setType] = useState<TargetField['type'] | ''>('');
  const [required, setRequired] = useState(false);
  const submit = () => {
    const trimmed = name.trim();
    const isDone = isNew
      ? editing.edit((mapping) => {
          const edited = addField(mapping, order.parent, { name: trimmed, required, ...(type === '' ? {} : { type }) });
          if ('mapping' in edited) select(edited.mapping.target?.at(-1)?.to);
          return edited;
        })
      : editing.edit((mapping) => renameField(mapping, order.key, trimmed));
    if (isDone) onClose();
  };
  return (
    <Modal
      open
      title={t(isNew ? 'add' : 'rename')}
      okText={t('ok')}
      cancelText={t('cancel')}
      width={420}
      okButtonProps={{ disabled: name.trim() === '' }}
      onOk={submit}
      onCancel={onClose}
    >
      <Form layout="vertical" onFinish={submit}>
        {isNew ? <Form.Item label={t('where')}>{order.parent === '' ? t('top') : <code>{order.parent}</code>}</Form.Item> : null}
        <Form.Item label={t('name')} htmlFor="mapping-field-name">
          <Input
            id="mapping-field-name"
            autoFocus
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
            onPressEnter={submit}
          />
        </Form.Item>
        {isNew ? (
          <>
            <Form.Item label={t('type')} htmlFor="mapping-field-type">
              <Select<TargetField['type'] | ''>
                id="mapping-field-type"
                value={type}
                options={[{ value: '', label: t('anyType') }, ...TARGET_TYPES.map((one) => ({ value: one, label: types(one) }))]}
                onChange={setType}
              />
            </Form.Item>
            <Form.Item label={t('required')} htmlFor="mapping-field-required">
              <Switch id="mapping-field-required" checked={required} onChange={setRequired} />
            </Form.Item>
          </>
        ) : null}
      </Form>
    </Modal>
  );
}
