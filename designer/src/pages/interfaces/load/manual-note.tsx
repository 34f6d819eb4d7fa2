import { Alert } from 'antd';
import type { ReactNode } from 'react';
import { isInForce } from '../../../../../gateways/documents/manual-state.ts';
import type { Output } from '../../../api/operation-types.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { TimeText } from '../../../kit/time/time-text.tsx';
import styles from './load.module.css';

const TEXTS = defineTexts({
  open: ['人工暂停调用', 'Calls are paused by a person'],
  closed: ['人工设为始终放行', 'A person lets all calls pass the breaker'],
  openBefore: ['上次人工暂停', 'The last pause by a person'],
  closedBefore: ['上次人工放行', 'The last time that a person let all calls pass'],
  by: ['{{by}} 设置，理由：{{reason}}', 'Set by {{by}}. Reason: {{reason}}'],
  endedBy: ['由 {{by}} 提前结束，理由：{{reason}}', 'Ended early by {{by}}. Reason: {{reason}}'],
  expired: ['到期自动结束', 'Ended when its time was over'],
  to: ['至', 'to'],
});

export type ManualState = NonNullable<Output<'interfaces.load'>['manual']>;

/** Says who paused the calls or let all pass, why and until when; afterwards, how it ended. */
export function ManualNote({ manual }: { readonly manual: ManualState }) {
  const t = useTexts(TEXTS);
  const { state, since, until, by, reason, ended } = manual;
  const times = (end: number) => (
    <>
      <TimeText at={since} /> {t('to')} <TimeText at={end} />
    </>
  );
  if (isInForce(manual, Date.now()))
    return (
      <Alert type="warning" showIcon data-manual={state} title={joined(t(state), times(until))} description={t('by', { by, reason })} />
    );
  const end = ended === undefined ? t('expired') : t('endedBy', { by: ended.by, reason: ended.reason });
  return (
    <div className={styles.quiet} data-manual="over">
      {joined(t(`${state}Before`), times(ended?.at ?? until))}· {t('by', { by, reason })} · {end}
    </div>
  );
}

function joined(first: ReactNode, second: ReactNode) {
  return (
    <>
      {first} · {second}
    </>
  );
}
