import { Form, Input, Modal } from 'antd';
import { useNavigate } from 'react-router';
import { call } from '../../api/client.ts';
import type { FlowSummary } from '../../api/outputs.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useGuide } from '../../guide/guide-store.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { copyFlow, newFlow } from '../../model/new-flow.ts';
import { ErrorBox } from '../../parts/error-box.tsx';

const TEXTS = defineTexts({
  title: ['新建流程', 'New flow'],
  copy: ['复制流程', 'Duplicate the flow'],
  name: ['名称', 'Name'],
  nameHelp: ['说清它做什么，例如：市民预约挂号', 'Say what it does, for example: citizens book an appointment'],
  missing: ['请填写名称', 'Enter the name'],
  create: ['创建并打开', 'Create and open'],
  cancel: ['取消', 'Cancel'],
  copyName: ['{{name}} 的副本', 'Copy of {{name}}'],
});

interface NewFlowDialogProps {
  readonly copyOf?: FlowSummary;
  readonly onClose: () => void;
}

/** A name is enough to begin; everything else is drawn. */
export function NewFlowDialog({ copyOf, onClose }: NewFlowDialogProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const save = useMutationOf('flows.save');
  const [form] = Form.useForm<{ name: string }>();
  const submit = async ({ name }: { readonly name: string }) => {
    const source = copyOf === undefined ? undefined : await call('flows.get', { flowId: copyOf.flowId });
    const document = source === undefined ? newFlow(name.trim()) : copyFlow(source, name.trim());
    await save.mutateAsync({ flowId: document.flowId, document });
    useGuide.getState().finish('create');
    void go(`/flows/${document.flowId}`);
  };
  return (
    <Modal
      open
      width={520}
      title={copyOf === undefined ? t('title') : t('copy')}
      okText={t('create')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={copyOf === undefined ? {} : { name: t('copyName', { name: text(copyOf.name) }) }}
        onFinish={(values) => void submit(values as { name: string }).catch(() => undefined)}
      >
        <Form.Item
          name="name"
          label={t('name')}
          extra={t('nameHelp')}
          rules={[{ required: true, whitespace: true, message: t('missing') }]}
        >
          <Input autoFocus maxLength={200} onPressEnter={() => form.submit()} />
        </Form.Item>
      </Form>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </Modal>
  );
}
