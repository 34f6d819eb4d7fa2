import { App, Button, Form, Input, Modal, Select } from 'antd';
import { CirclePause, CirclePlay, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { isInForce } from '../../../../../gateways/documents/manual-state.ts';
import type { Output } from '../../../api/operation-types.ts';
import { useMutationOf } from '../../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../../i18n/texts.ts';
import { useConfirm } from '../../../kit/feedback/confirm-act.tsx';
import { ErrorBox } from '../../../kit/feedback/error-box.tsx';
import { useMay } from '../../../session/session-context.ts';
import type { ManualState } from './manual-note.tsx';

const TEXTS = defineTexts({
  open: ['暂停调用…', 'Pause calls…'],
  closed: ['始终放行…', 'Let all calls pass…'],
  openTitle: ['暂停调用', 'Pause calls'],
  closedTitle: ['始终放行', 'Let all calls pass'],
  openEffect: [
    '到期之前，“{{name}}”的调用一律返回 GW50306（或降级应答），不再到达后端；到期后自动恢复。一秒内在全部网关生效。',
    'Until then, calls of "{{name}}" get GW50306, or the fallback, and do not reach the service; then traffic decides again. All gateways follow within a second.',
  ],
  closedEffect: [
    '到期之前，“{{name}}”的熔断不再打开，后端失败再多也照常调用；到期后自动恢复。一秒内在全部网关生效。',
    'Until then, the breaker of "{{name}}" does not open, however often the service fails; then traffic decides again. All gateways follow within a second.',
  ],
  openVerb: ['暂停调用', 'Pause calls'],
  closedVerb: ['始终放行', 'Let all calls pass'],
  end: ['结束人工状态', 'End the manual state'],
  endEffect: [
    '“{{name}}”的调用改回由请求结果决定。一秒内在全部网关生效。',
    'The results of requests decide about the calls of "{{name}}" again. All gateways follow within a second.',
  ],
  time: ['持续多久', 'For how long'],
  minutes: ['{{count}} 分钟', '{{count}} {{count|minute|minutes}}'],
  hours: ['{{count}} 小时', '{{count}} {{count|hour|hours}}'],
  reason: ['理由（显示在接口页，并写入审计）', 'Reason (shown with the interface, and kept in the audit trail)'],
  reasonMissing: ['请填写理由。', 'Give a reason.'],
  cancel: ['取消', 'Cancel'],
  done: ['已保存，网关一秒内生效', 'Saved: gateways use it within a second'],
});

const MINUTES = [10, 30, 60, 240, 1440];
const USUAL_MINUTES = 30;

type Interface = Output<'interfaces.get'>;
type Manual = 'open' | 'closed';

interface ManualBreakerProps {
  readonly document: Interface;
  readonly manual: ManualState | undefined;
}

/** Pauses the calls of an interface for a time, or lets all pass its breaker, and ends that. */
export function ManualBreaker({ document, manual }: ManualBreakerProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const { message } = App.useApp();
  const set = useMutationOf('interfaces.set-breaker');
  const [asked, setAsked] = useState<Manual>();
  const { interfaceId, policies = {}, target } = document;
  if (!may('interfaces.publish')) return null;
  const name = text(document.name) || interfaceId;
  const hasBreaker = typeof policies['breaker'] === 'object' && target.kind !== 'flow';
  const put = async (change: { readonly state: Manual | 'automatic'; readonly minutes?: number }, reason: string) => {
    await set.mutateAsync({ interfaceId, ...change, reason });
    void message.success(t('done'));
  };
  if (manual !== undefined && isInForce(manual, Date.now())) {
    const end = () =>
      confirm({
        title: t('end'),
        effect: t('endEffect', { name }),
        verb: t('end'),
        needsReason: true,
        run: (reason) => put({ state: 'automatic' }, reason),
      });
    return (
      <Button icon={<Undo2 size={16} />} onClick={end}>
        {t('end')}
      </Button>
    );
  }
  return (
    <>
      <Button icon={<CirclePause size={16} />} onClick={() => setAsked('open')}>
        {t('open')}
      </Button>
      {hasBreaker ? (
        <Button icon={<CirclePlay size={16} />} onClick={() => setAsked('closed')}>
          {t('closed')}
        </Button>
      ) : null}
      {asked === undefined ? null : (
        <ManualDialog
          state={asked}
          name={name}
          onClose={() => setAsked(undefined)}
          run={(minutes, reason) => put({ state: asked, minutes }, reason)}
        />
      )}
    </>
  );
}

interface ManualDialogProps {
  readonly state: Manual;
  readonly name: string;
  readonly onClose: () => void;
  readonly run: (minutes: number, reason: string) => Promise<void>;
}

function ManualDialog({ state, name, onClose, run }: ManualDialogProps) {
  const t = useTexts(TEXTS);
  const [form] = Form.useForm<{ minutes: number; reason: string }>();
  const [error, setError] = useState<unknown>();
  const [isRunning, setRunning] = useState(false);
  const submit = async ({ minutes, reason }: { readonly minutes: number; readonly reason: string }) => {
    setRunning(true);
    try {
      await run(minutes, reason.trim());
      onClose();
    } catch (failure) {
      setError(failure);
      setRunning(false);
    }
  };
  const label = (minutes: number) => (minutes < 60 ? t('minutes', { count: minutes }) : t('hours', { count: minutes / 60 }));
  return (
    <Modal
      open
      title={t(`${state}Title`)}
      okText={t(`${state}Verb`)}
      okButtonProps={{ danger: state === 'open' }}
      cancelText={t('cancel')}
      confirmLoading={isRunning}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <p>{t(`${state}Effect`, { name })}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ minutes: USUAL_MINUTES }}
        onFinish={(values) => void submit(values)}
      >
        <Form.Item name="minutes" label={t('time')}>
          <Select options={MINUTES.map((minutes) => ({ value: minutes, label: label(minutes) }))} />
        </Form.Item>
        <Form.Item name="reason" label={t('reason')} rules={[{ required: true, whitespace: true, message: t('reasonMissing') }]}>
          <Input.TextArea rows={3} maxLength={500} />
        </Form.Item>
      </Form>
      {error === undefined ? null : <ErrorBox error={error} />}
    </Modal>
  );
}
