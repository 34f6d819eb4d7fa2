import { Button, Drawer, Form, Input, Radio, Select } from 'antd';
import type { AlarmReceiver } from '../../api/operations.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { SaveProblem } from '../../kit/feedback/save-problem.tsx';

export const RECEIVER_TEXTS = defineTexts({
  webhook: ['HTTPS 回调', 'Webhook'],
  mail: ['邮件', 'Mail'],
  first: ['第一组', 'First group'],
  second: ['第二组（升级）', 'Second group (escalation)'],
});

const TEXTS = defineTexts({
  create: ['新建接收人', 'New receiver'],
  edit: ['修改接收人', 'Change the receiver'],
  name: ['名称', 'Name'],
  missing: ['请填写', 'Enter a value'],
  kind: ['方式', 'How'],
  group: ['分组', 'Group'],
  groupHelp: [
    '第一组收到每条告警；第二组只收到无人确认的。',
    'The first group is notified of every alarm, the second of alarms that no one acknowledged.',
  ],
  url: ['地址', 'Address'],
  urlHelp: ['以 HTTPS 接收 POST（本机可用 HTTP）。', 'Receives a POST over https (http only on this machine).'],
  urlWrong: ['须以 https:// 开头', 'It must begin with https://'],
  key: ['签名密钥', 'Signing key'],
  keyHelp: [
    'HMAC-SHA256 的密钥。留空：新建时自动生成并只显示一次，修改时保持不变。',
    'HMAC-SHA256 key. If empty: created and shown once for a new receiver, unchanged for an existing one.',
  ],
  to: ['收件人', 'Recipients'],
  toHelp: ['输入地址后回车，可多个。', 'Press Enter after each address; you can enter several.'],
  toWrong: ['请填写正确的邮件地址', 'Enter valid mail addresses'],
  save: ['保存', 'Save'],
});

interface Values {
  readonly name: string;
  readonly kind: 'webhook' | 'mail';
  readonly group: 'first' | 'second';
  readonly url?: string;
  readonly key?: string;
  readonly to?: string[];
}

interface ReceiverDrawerProps {
  readonly receiver: AlarmReceiver | undefined;
  readonly error: unknown;
  readonly isSaving: boolean;
  readonly onSave: (receiver: AlarmReceiver, key: string | undefined) => void;
  readonly onReload: () => void;
  readonly onClose: () => void;
}

/** Edits a receiver of alarms and how it is notified. */
export function ReceiverDrawer({ receiver, error, isSaving, onSave, onReload, onClose }: ReceiverDrawerProps) {
  const t = useTexts(TEXTS);
  const words = useTexts(RECEIVER_TEXTS);
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form) ?? receiver?.kind ?? 'webhook';
  const submit = ({ name, group, url, key, to }: Values) => {
    const { receiverId = createId('rcv'), on = true } = receiver ?? {};
    const about = { receiverId, on, name: name.trim(), group, kind };
    onSave(kind === 'webhook' ? { ...about, url: url ?? '' } : { ...about, to: to ?? [] }, key === '' ? undefined : key);
  };
  const pairs = (names: readonly ('webhook' | 'mail' | 'first' | 'second')[]) => names.map((value) => ({ value, label: words(value) }));
  return (
    <Drawer
      open
      title={receiver === undefined ? t('create') : t('edit')}
      size={480}
      onClose={onClose}
      footer={
        <Button type="primary" form="receiver" htmlType="submit" loading={isSaving}>
          {t('save')}
        </Button>
      }
    >
      <Form<Values>
        id="receiver"
        form={form}
        layout="vertical"
        requiredMark={false}
        autoComplete="off"
        initialValues={{ kind: 'webhook', group: 'first', ...receiver }}
        onFinish={submit}
      >
        <Form.Item name="name" label={t('name')} rules={[{ required: true, whitespace: true, message: t('missing') }]}>
          <Input maxLength={60} autoFocus />
        </Form.Item>
        <Form.Item name="kind" label={t('kind')}>
          <Radio.Group optionType="button" aria-label={t('kind')} options={pairs(['webhook', 'mail'])} />
        </Form.Item>
        <Form.Item name="group" label={t('group')} extra={t('groupHelp')}>
          <Radio.Group optionType="button" aria-label={t('group')} options={pairs(['first', 'second'])} />
        </Form.Item>
        {kind === 'webhook' ? <WebhookFields /> : <MailFields />}
        <SaveProblem error={error} onReload={onReload} />
      </Form>
    </Drawer>
  );
}

function WebhookFields() {
  const t = useTexts(TEXTS);
  return (
    <>
      <Form.Item
        name="url"
        label={t('url')}
        extra={t('urlHelp')}
        rules={[{ required: true, pattern: /^https?:\/\/\S+$/, message: t('urlWrong') }]}
      >
        <Input maxLength={1000} placeholder="https://" />
      </Form.Item>
      <Form.Item name="key" label={t('key')} extra={t('keyHelp')}>
        <Input.Password maxLength={500} autoComplete="new-password" />
      </Form.Item>
    </>
  );
}

function MailFields() {
  const t = useTexts(TEXTS);
  return (
    <Form.Item
      name="to"
      label={t('to')}
      extra={t('toHelp')}
      rules={[{ required: true, type: 'array', min: 1, defaultField: { type: 'email' }, message: t('toWrong') }]}
    >
      <Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[',', ';', ' ']} />
    </Form.Item>
  );
}
