import { Alert, App, Form, Input, Select } from 'antd';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { useStageWords } from '../calls/stage-words.ts';
import { useNames } from '../calls/use-names.ts';
import { CARRIER_TEXTS, type ContentHit } from './content-hit.ts';
import { exceptionsInForce } from './content-exceptions.tsx';
import { EntryDialog } from './entry-dialog.tsx';

const TEXTS = defineTexts({
  title: ['设置例外', 'Make an exception'],
  effect: [
    '到期之前，“{{interface}}”的“{{check}}”不再检查这个字段及其下级；其他字段照常检查。一秒内在全部网关生效，可在“内容例外”中删除。',
    'Until then, the {{check}} of "{{interface}}" does not look at this field and all below it; other fields are still checked. All gateways follow within a second. It can be removed under Content exceptions.',
  ],
  field: ['字段（{{carrier}}）', 'Field ({{carrier}})'],
  fieldHelp: [
    '以 / 开头的字段路径；* 代表任意名称或序号，例如 /items/*/note。范围越小越好。',
    'The path of the field, beginning with /; * stands for any name or index, such as /items/*/note. Keep it as narrow as possible.',
  ],
  fieldWrong: ['以 / 开头，不要只填 / 或 *', 'Begin with /, and name a field: neither / nor * alone'],
  time: ['有效期', 'For how long'],
  days: ['{{count}} 天', '{{count}} {{count|day|days}}'],
  reason: ['原因', 'Reason'],
  reasonHelp: [
    '说明内容为什么正常，例如“医生手写病程，常含公式”；不要写个人信息。',
    'Why the content is legitimate, such as "free text of doctors with formulas". Write no personal data.',
  ],
  reasonShort: ['至少 3 个字', 'At least 3 characters'],
  off: ['这个接口现在没有启用该检查，不需要例外。', 'The interface does not use this check any more, so no exception is needed.'],
  done: ['例外已生效', 'The exception applies'],
});

const DAYS = [1, 7, 30, 90, 180];
const USUAL_DAYS = 30;
const DAY_MS = 86_400_000;

interface Values {
  readonly field: string;
  readonly days: number;
  readonly reason: string;
}

/** Makes an exception for the field of a hit, until a time. It is stored in the policy of the interface. */
export function ExceptionDialog({ hit, onClose }: { readonly hit: ContentHit; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const carrierOf = useTexts(CARRIER_TEXTS);
  const { labelOf } = useStageWords();
  const { interfaceName } = useNames();
  const { interfaceId, policy, carrier } = hit;
  const document = useQueryOf('interfaces.get', { interfaceId });
  const save = useMutationOf('interfaces.save', ['calls']);
  const options = document.data?.policies?.[policy];
  const isOff = document.data !== undefined && typeof options !== 'object';
  const submit = async ({ field, days, reason }: Values) => {
    if (document.data === undefined || typeof options !== 'object') return;
    const made = { carrier, field: field.trim(), reason: reason.trim(), expiresAt: new Date(Date.now() + days * DAY_MS).toISOString() };
    const policies = { ...document.data.policies, [policy]: { ...options, exceptions: [...exceptionsInForce(options), made] } };
    await save.mutateAsync({ interfaceId, document: { ...document.data, policies }, $reason: made.reason });
    void message.success(t('done'));
    onClose();
  };
  return (
    <EntryDialog<Values>
      title={t('title')}
      isPending={save.isPending || document.isPending}
      error={save.error}
      initialValues={{ field: hit.field, days: USUAL_DAYS }}
      onClose={onClose}
      onSubmit={(values) => void submit(values).catch(() => undefined)}
    >
      <p>{t('effect', { interface: interfaceName(interfaceId) ?? interfaceId, check: labelOf(policy) })}</p>
      {document.error === null ? null : <ErrorBox error={document.error} />}
      {isOff ? <Alert type="info" showIcon title={t('off')} /> : null}
      <Form.Item
        name="field"
        label={t('field', { carrier: carrierOf(carrier) })}
        extra={t('fieldHelp')}
        rules={[{ required: true, pattern: /^\/(?!\**$)/, message: t('fieldWrong') }]}
      >
        <Input maxLength={300} />
      </Form.Item>
      <Form.Item name="days" label={t('time')}>
        <Select options={DAYS.map((days) => ({ value: days, label: t('days', { count: days }) }))} />
      </Form.Item>
      <Form.Item
        name="reason"
        label={t('reason')}
        extra={t('reasonHelp')}
        rules={[{ required: true, min: 3, whitespace: true, message: t('reasonShort') }]}
      >
        <Input maxLength={300} />
      </Form.Item>
    </EntryDialog>
  );
}
