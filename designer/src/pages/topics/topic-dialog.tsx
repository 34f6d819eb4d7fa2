import { Form, InputNumber, Modal, Switch } from 'antd';
import type { Output } from '../../api/operation-types.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { SaveProblem } from '../../kit/feedback/save-problem.tsx';
import { DomainsSelect } from '../../kit/form/inputs/domain-select.tsx';
import { TOPIC_TEXTS } from './topic-words.ts';

const TEXTS = defineTexts({
  title: ['设置主题“{{topic}}”', 'Settings of the topic "{{topic}}"'],
  on: ['启用', 'On'],
  onHelp: [
    '停用后不再记录新事件，已有的到期删除。',
    'While it is off no events are recorded; those that are there stay until they expire.',
  ],
  retainDays: ['保留天数', 'Days kept'],
  retainHelp: ['订阅的流程停得更久时，其间的事件会丢失。', 'A subscribed flow that stands still for longer misses events.'],
  openTo: ['开放给的服务域', 'Domains it is open to'],
  openHelp: [
    '这些服务域的流程收到全部事件，包括整个平台和其他服务域的；其他流程只收到本服务域的事件。',
    'Flows of these domains get every event, also of the installation and of other domains. Other flows get those of their own domain.',
  ],
  save: ['保存', 'Save'],
  cancel: ['取消', 'Cancel'],
});

export type Topic = Output<'topics.list'>['items'][number];
type Settings = Pick<Topic, 'on' | 'retainDays' | 'openTo'>;

export function TopicDialog({ topic, onClose }: { readonly topic: Topic; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const name = useTexts(TOPIC_TEXTS);
  const save = useMutationOf('topics.save');
  const [form] = Form.useForm<Settings>();
  const submit = async (settings: Settings) => {
    await save.mutateAsync({ topic: topic.topic, document: { topic: topic.topic, revision: topic.revision, ...settings } });
    onClose();
  };
  return (
    <Modal
      open
      title={t('title', { topic: name(topic.topic) })}
      okText={t('save')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Settings>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ on: topic.on, retainDays: topic.retainDays, openTo: topic.openTo }}
        onFinish={(settings) => void submit(settings).catch(() => undefined)}
      >
        <Form.Item name="on" label={t('on')} extra={t('onHelp')} valuePropName="checked">
          <Switch aria-label={t('on')} />
        </Form.Item>
        <Form.Item name="retainDays" label={t('retainDays')} extra={t('retainHelp')} rules={[{ required: true }]}>
          <InputNumber min={1} max={365} precision={0} />
        </Form.Item>
        <Form.Item name="openTo" label={t('openTo')} extra={t('openHelp')}>
          <DomainsSelect label={t('openTo')} />
        </Form.Item>
      </Form>
      {save.error === null ? null : <SaveProblem error={save.error} onReload={onClose} />}
    </Modal>
  );
}
