import { Ban, CircleCheck, CircleX, Unplug, type LucideIcon } from 'lucide-react';
import { isUncalled } from '../../../../gateways/errors.ts';
import type { CallLine } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Tag, type Tone } from '../../kit/feedback/status-tag.tsx';
import styles from './calls.module.css';
import type { Outcome } from './use-call-conditions.ts';

export const OUTCOME_TEXTS = defineTexts({
  passed: ['成功', 'Passed'],
  refused: ['被拒', 'Refused'],
  failed: ['失败', 'Failed'],
  left: ['调用方断开', 'Caller left'],
});

const TEXTS = defineTexts({
  leftWhat: ['调用方没有等到应答就断开了', 'The caller disconnected before the response'],
  targetWhat: ['流程或后端服务返回 {{status}}', 'The flow or service returned {{status}}'],
});

const LOOKS: Readonly<Record<Outcome | 'left', { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  passed: { tone: 'green', icon: CircleCheck },
  refused: { tone: 'amber', icon: Ban },
  failed: { tone: 'red', icon: CircleX },
  left: { tone: 'grey', icon: Unplug },
};

/** Returns the outcome as the search understands it, and `left` for a caller who did not wait. */
export function outcomeOf({ status = 0, code, hasLeft = false }: CallLine): Outcome | 'left' {
  if (code === undefined ? status >= 500 : code.startsWith('GW5') && !isUncalled(code)) return 'failed';
  if (code === undefined && hasLeft) return 'left';
  return code !== undefined || status >= 400 ? 'refused' : 'passed';
}

export function OutcomeTag({ call }: { readonly call: CallLine }) {
  const t = useTexts(OUTCOME_TEXTS);
  const outcome = outcomeOf(call);
  const { tone, icon } = LOOKS[outcome];
  return (
    <Tag tone={tone} icon={icon}>
      {t(outcome)}
      {call.status === undefined ? null : ` ${call.status}`}
    </Tag>
  );
}

/** Returns a function that says why a call did not pass and what the caller can do; undefined for a call that passed. */
export function useReason(): (call: CallLine) => { readonly what: string; readonly fix: string } | undefined {
  const t = useTexts(TEXTS);
  const causeOf = useCauseWords();
  return (call) => {
    if (call.code !== undefined) return causeOf(call.code, 'caller');
    if (call.hasLeft === true) return { what: t('leftWhat'), fix: '' };
    return (call.status ?? 0) < 400 ? undefined : { what: t('targetWhat', { status: call.status ?? 0 }), fix: '' };
  };
}

/** Shows the outcome, and for a call that did not pass, the code and why in words. */
export function CallResult({ call }: { readonly call: CallLine }) {
  const reasonOf = useReason();
  const reason = reasonOf(call);
  return (
    <div className={styles.result}>
      <OutcomeTag call={call} />
      {reason === undefined ? null : (
        <span className={styles.reason}>
          {reason.what} {call.code === undefined ? null : <code>{call.code}</code>}
        </span>
      )}
    </div>
  );
}
