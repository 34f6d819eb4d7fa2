import { Button, Form, Input, Modal } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { useMay } from '../../session/session-context.ts';
import { BROKER_TEXTS, brokerWord, type Broker, type Subscription } from './broker-texts.ts';
import styles from './brokers.module.css';

const TEXTS = defineTexts({
  label: ['订阅', 'Subscriptions'],
  topic: ['主题', 'Topic'],
  queue: ['队列', 'Queue'],
  group: ['消费组', 'Consumer group'],
  key: ['路由键', 'Routing key'],
  lag: ['积压', 'Lag'],
  state: ['状态', 'State'],
  create: ['新建订阅', 'New subscription'],
  missing: ['请填写', 'Enter a value'],
  keyHelp: ['topic 类型的主题可用 * 和 #。', 'Topics of the type topic may use * and #.'],
  groupHelp: ['新的消费组从主题的末尾开始。', 'A new group begins at the end of the topic.'],
  cancel: ['取消', 'Cancel'],
  bindingEffect: [
    '“{{subscriber}}”不再收到“{{topic}}”的消息；已收到的留在队列中。',
    '"{{subscriber}}" gets no more messages of "{{topic}}"; those in the queue stay.',
  ],
  groupEffect: [
    '删除消费组“{{subscriber}}”在“{{topic}}”上的进度，不能恢复。',
    'Deletes the position of the group "{{subscriber}}" in "{{topic}}"; it cannot be restored.',
  ],
  empty: ['还没有订阅', 'No subscriptions yet'],
  emptyNext: ['让队列订阅主题后会列在这里。', 'Queues that are bound to a topic appear here.'],
  emptyGroups: ['消费组读取主题后会列在这里。', 'Consumer groups that read a topic appear here.'],
});

interface SubscriptionTableProps {
  readonly adapterId: string;
  readonly features: NonNullable<Broker['about']>['features'];
}

const REFRESH_MS = 5_000;

export function SubscriptionTable({ adapterId, features }: SubscriptionTableProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const [isNew, setNew] = useState(false);
  const subscriptions = useListOf('brokers.subscriptions', { adapterId }, { refetchIntervalMs: REFRESH_MS });
  const isBound = features.subscriptions === 'bindings';
  const create = may('brokers.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => setNew(true)}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<Subscription>
        label={t('label')}
        rows={subscriptions.data?.items}
        rowKey={({ topic, subscriber, key = '' }) => `${topic} ${subscriber} ${key}`}
        searchText={({ topic, subscriber, key = '' }) => `${topic} ${subscriber} ${key}`}
        columns={useColumns(adapterId, isBound)}
        isLoading={subscriptions.isPending}
        error={subscriptions.error}
        onRefresh={() => void subscriptions.refetch()}
        empty={<EmptyState needs="brokers.edit" title={t('empty')} next={t(isBound ? 'emptyNext' : 'emptyGroups')} action={create} />}
        actions={create}
        exportName={`${adapterId}-subscriptions`}
      />
      {isNew ? <NewSubscription adapterId={adapterId} isBound={isBound} onClose={() => setNew(false)} /> : null}
    </>
  );
}

function useColumns(adapterId: string, isBound: boolean): readonly Column<Subscription>[] {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const language = useLanguage();
  const format = useFormat();
  const mayRemove = useMay()('brokers.purge');
  const number = (value: number | undefined) => (value === undefined ? words('none') : format.number(value));
  const name = (value: string) => <code className={styles.name}>{value}</code>;
  const columns: readonly (Column<Subscription> | false)[] = [
    { key: 'topic', title: t('topic'), value: ({ topic }) => topic, render: ({ topic }) => name(topic) },
    {
      key: 'subscriber',
      title: t(isBound ? 'queue' : 'group'),
      value: ({ subscriber }) => subscriber,
      render: ({ subscriber }) => name(subscriber),
    },
    isBound && {
      key: 'key',
      title: t('key'),
      value: ({ key = '' }) => key,
      render: ({ key = '' }) => name(key === '' ? words('none') : key),
    },
    { key: 'lag', title: t('lag'), align: 'right', value: ({ lag = 0 }) => lag, render: ({ lag }) => number(lag) },
    {
      key: 'consumers',
      title: words('consumers'),
      align: 'right',
      value: ({ consumers = 0 }) => consumers,
      render: ({ consumers }) => number(consumers),
    },
    !isBound && {
      key: 'state',
      title: t('state'),
      value: ({ state = '' }) => brokerWord(state, language),
      render: ({ state = '' }) => brokerWord(state, language),
    },
    mayRemove && {
      key: 'acts',
      title: '',
      render: (subscription) => <Remove adapterId={adapterId} subscription={subscription} isBound={isBound} />,
    },
  ];
  return columns.filter((column) => column !== false);
}

interface RemoveProps {
  readonly adapterId: string;
  readonly subscription: Subscription;
  readonly isBound: boolean;
}

function Remove({ adapterId, subscription: { topic, subscriber, key }, isBound }: RemoveProps) {
  const t = useTexts(TEXTS);
  const remove = useMutationOf('brokers.unsubscribe');
  const input = { adapterId, topic, subscriber, ...(key === undefined ? {} : { key }) };
  return (
    <RemoveButton
      isSmall
      name={`${topic} → ${subscriber}`}
      effect={t(isBound ? 'bindingEffect' : 'groupEffect', { topic, subscriber })}
      run={($reason) => remove.mutateAsync({ ...input, $reason })}
    />
  );
}

interface NewSubscriptionProps {
  readonly adapterId: string;
  readonly isBound: boolean;
  readonly onClose: () => void;
}

interface Values {
  readonly topic: string;
  readonly subscriber: string;
  readonly key?: string;
}

function NewSubscription({ adapterId, isBound, onClose }: NewSubscriptionProps) {
  const t = useTexts(TEXTS);
  const subscribe = useMutationOf('brokers.subscribe');
  const [form] = Form.useForm<Values>();
  const rules = [{ required: true, whitespace: true, message: t('missing') }];
  const submit = async ({ topic, subscriber, key = '' }: Values) => {
    await subscribe.mutateAsync({ adapterId, topic: topic.trim(), subscriber: subscriber.trim(), ...(isBound ? { key } : {}) });
    onClose();
  };
  return (
    <Modal
      open
      title={t('create')}
      okText={t('create')}
      cancelText={t('cancel')}
      confirmLoading={subscribe.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values> form={form} layout="vertical" requiredMark={false} onFinish={(values) => void submit(values).catch(() => undefined)}>
        <Form.Item name="topic" label={t('topic')} rules={rules}>
          <Input maxLength={255} />
        </Form.Item>
        <Form.Item name="subscriber" label={t(isBound ? 'queue' : 'group')} rules={rules} {...(isBound ? {} : { extra: t('groupHelp') })}>
          <Input maxLength={255} />
        </Form.Item>
        {isBound ? (
          <Form.Item name="key" label={t('key')} extra={t('keyHelp')}>
            <Input maxLength={255} />
          </Form.Item>
        ) : null}
      </Form>
      {subscribe.error === null ? null : <ErrorBox error={subscribe.error} />}
    </Modal>
  );
}
