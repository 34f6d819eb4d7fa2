import { Form, Input, InputNumber, Modal, Segmented, Select } from 'antd';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { BROKER_TEXTS, type Broker } from './broker-texts.ts';

const TEXTS = defineTexts({
  title: ['新建队列或主题', 'New queue or topic'],
  kind: ['种类', 'Kind'],
  name: ['名称', 'Name'],
  missing: ['请填写名称', 'Enter a name'],
  type: ['类型', 'Type'],
  quorum: ['仲裁队列（多节点复制，推荐）', 'Quorum (replicated, recommended)'],
  classic: ['经典队列', 'Classic'],
  stream: ['流', 'Stream'],
  topicType: ['按路由键的通配符（topic）', 'By patterns of the routing key (topic)'],
  direct: ['按路由键（direct）', 'By the routing key (direct)'],
  fanout: ['发给全部订阅（fanout）', 'To all subscriptions (fanout)'],
  deadLetters: ['死信队列', 'Queue of dead letters'],
  deadLettersHelp: ['过期或被拒收的消息移到这个队列；须另行建立。', 'Messages that expire or are refused go to this queue; create it too.'],
  partitions: ['分区', 'Partitions'],
  hours: ['保留时间（小时）', 'Kept for (hours)'],
  hoursHelp: ['不填时按中间件的默认值。', 'The default of the broker if left out.'],
  create: ['新建', 'Create'],
  cancel: ['取消', 'Cancel'],
});

const HOUR_MS = 3_600_000;
const MOST_HOURS = 8_760;

interface Values {
  readonly kind: 'queue' | 'topic';
  readonly name: string;
  readonly type?: string;
  readonly deadLetterTo?: string;
  readonly partitions?: number;
  readonly hours?: number | null;
}

interface NewDestinationDialogProps {
  readonly adapterId: string;
  readonly features: NonNullable<Broker['about']>['features'];
  readonly onClose: () => void;
}

export function NewDestinationDialog({ adapterId, features, onClose }: NewDestinationDialogProps) {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const create = useMutationOf('brokers.create-destination');
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form) ?? features.kinds[0]!;
  const submit = async ({ name, type, deadLetterTo = '', partitions, hours }: Values) => {
    await create.mutateAsync({
      ...{ adapterId, kind, name: name.trim() },
      ...(type === undefined ? {} : { type }),
      ...(deadLetterTo.trim() === '' ? {} : { deadLetterTo: deadLetterTo.trim() }),
      ...(partitions === undefined ? {} : { partitions }),
      ...(hours === undefined || hours === null ? {} : { retainMs: Math.round(hours * HOUR_MS) }),
    });
    onClose();
  };
  const isBound = features.subscriptions === 'bindings';
  return (
    <Modal
      open
      title={t('title')}
      okText={t('create')}
      cancelText={t('cancel')}
      confirmLoading={create.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ kind: features.kinds[0] }}
        onFinish={(values) => void submit(values).catch(() => undefined)}
      >
        {features.kinds.length === 1 ? null : (
          <Form.Item name="kind" label={t('kind')}>
            <Segmented options={features.kinds.map((one) => ({ value: one, label: words(one) }))} />
          </Form.Item>
        )}
        <Form.Item name="name" label={t('name')} rules={[{ required: true, whitespace: true, message: t('missing') }]}>
          <Input maxLength={255} />
        </Form.Item>
        {isBound ? <TypeField key={kind} kind={kind} /> : null}
        {isBound && kind === 'queue' ? (
          <Form.Item name="deadLetterTo" label={t('deadLetters')} extra={t('deadLettersHelp')}>
            <Input maxLength={255} />
          </Form.Item>
        ) : null}
        {isBound ? null : (
          <Form.Item name="partitions" label={t('partitions')} initialValue={1}>
            <InputNumber min={1} max={1000} precision={0} />
          </Form.Item>
        )}
        {isBound && kind === 'topic' ? null : (
          <Form.Item name="hours" label={t('hours')} extra={t('hoursHelp')}>
            <InputNumber min={1} max={MOST_HOURS} />
          </Form.Item>
        )}
      </Form>
      {create.error === null ? null : <ErrorBox error={create.error} />}
    </Modal>
  );
}

/** The types of RabbitMQ. */
function TypeField({ kind }: Pick<Values, 'kind'>) {
  const t = useTexts(TEXTS);
  const options =
    kind === 'queue'
      ? (['quorum', 'classic', 'stream'] as const).map((type) => ({ value: type, label: t(type) }))
      : [
          { value: 'topic', label: t('topicType') },
          { value: 'direct', label: t('direct') },
          { value: 'fanout', label: t('fanout') },
        ];
  return (
    <Form.Item name="type" label={t('type')} initialValue={options[0]!.value} preserve={false}>
      <Select options={options} />
    </Form.Item>
  );
}
