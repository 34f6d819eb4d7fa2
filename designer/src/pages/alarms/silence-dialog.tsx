import { Form, Modal, Select } from 'antd';
import type { AlarmRuleName, ShownAlarm } from '../../api/operations.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';

const TEXTS = defineTexts({
  title: ['屏蔽一段时间', 'Silence for a while'],
  what: ['屏蔽什么', 'What'],
  whatHelp: ['屏蔽期间照常列出，但不通知任何人。', 'It is still listed, but no one is notified.'],
  this: ['只这一条：{{what}}', 'Only this one: {{what}}'],
  rule: ['规则：{{rule}}', 'The rule: {{rule}}'],
  all: ['所有告警', 'Every alarm'],
  time: ['多久', 'How long'],
  hours: ['{{count}} 小时', '{{count}} {{count|hour|hours}}'],
  minutes: ['{{count}} 分钟', '{{count}} {{count|minute|minutes}}'],
  days: ['{{count}} 天', '{{count}} {{count|day|days}}'],
  silence: ['屏蔽', 'Silence'],
  cancel: ['取消', 'Cancel'],
});

const DURATIONS = [30, 60, 240, 1440, 10_080];
const THIS = 'this';
const ALL = 'all';

interface Values {
  readonly what: string;
  readonly minutes: number;
}

/**
 * Silences alarms. `alarm` is the alarm from which the dialog was opened. It is absent if the user opened the dialog to
 * silence rules.
 */
export function SilenceDialog({ alarm, onClose }: { readonly alarm?: ShownAlarm; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const settings = useQueryOf('alarms.settings', {});
  const silence = useMutationOf('alarms.silence');
  const [form] = Form.useForm<Values>();
  const submit = async ({ what, minutes }: Values) => {
    const subject = what === THIS && alarm !== undefined ? { rule: alarm.rule, subject: alarm.subject } : {};
    const rule = what === THIS || what === ALL ? {} : { rule: what as AlarmRuleName };
    await silence.mutateAsync({ ...subject, ...rule, minutes });
    onClose();
  };
  const rules = (settings.data?.rules ?? []).map(({ rule, label }) => ({ value: rule as string, label: t('rule', { rule: text(label) }) }));
  const own = alarm === undefined ? [] : [{ value: THIS, label: t('this', { what: text(alarm.text) }) }];
  return (
    <Modal
      open
      title={t('title')}
      okText={t('silence')}
      cancelText={t('cancel')}
      confirmLoading={silence.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ what: alarm === undefined ? ALL : THIS, minutes: 60 }}
        onFinish={(values) => void submit(values).catch(() => undefined)}
      >
        <Form.Item name="what" label={t('what')} extra={t('whatHelp')}>
          <Select options={[...own, ...rules, { value: ALL, label: t('all') }]} />
        </Form.Item>
        <Form.Item name="minutes" label={t('time')}>
          <Select options={DURATIONS.map((minutes) => ({ value: minutes, label: durationLabel(minutes, t) }))} />
        </Form.Item>
      </Form>
      {silence.error === null ? null : <ErrorBox error={silence.error} />}
    </Modal>
  );
}

function durationLabel(minutes: number, t: ReturnType<typeof useTexts<typeof TEXTS>>): string {
  if (minutes < 60) return t('minutes', { count: minutes });
  return minutes < 1440 ? t('hours', { count: minutes / 60 }) : t('days', { count: minutes / 1440 });
}
