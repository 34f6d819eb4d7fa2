import { Alert } from 'antd';
import { useState } from 'react';
import { useMutationOf } from '../../../api/queries.ts';
import { useCauseWords } from '../../../i18n/cause-words.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { useConfirm } from '../../../kit/feedback/confirm-act.tsx';
import { isInFlow } from '../../../model/problems/error-causes.ts';
import { isCodeMissing } from '../held-group.ts';
import { TablesChoice, type RetryTables } from '../tables-choice.tsx';
import styles from '../messages-page.module.css';

const TEXTS = defineTexts({
  retry: ['重试', 'Retry'],
  retryTitle: ['重试这条消息？', 'Retry this message?'],
  retryEffect: [
    '消息从停下的节点接着走：用当时的内容和流程版本，沿用原来的幂等键。要按流程的当前版本从头走一遍，请用“更正后重发”，内容可以不改。',
    'The message continues from the node where it stopped, with the content and the flow version as received and the same idempotency keys. To run the flow’s current version from its start, use “Correct and resend”; you do not have to change the content.',
  ],
  retryUnknown: [
    '消息从停下的节点接着走：用当时的内容、流程版本和代码表，沿用原来的幂等键。上一次写入的结果不明：对方可能已经办成；若对方不按幂等键去重，可能会重复。',
    'The message continues from the node where it stopped, with the content, the flow version and the code tables as received, and with the same idempotency keys. The outcome of the last write is not known: if it was done and the other side does not recognise the key, it is done twice.',
  ],
  goOn: ['继续执行', 'Continue'],
  goOnTitle: ['继续执行这条消息？', 'Continue this message?'],
  goOnEffect: [
    '已办理的写操作保留，不再重做；只重新执行出错的部分，仍用它开始时的流程版本和代码表。',
    'Completed steps are kept and not done again. Only failed steps run once more, with the original flow version and code tables.',
  ],
  inFlow: [
    '上次停在流程自己的映射、脚本或校验（{{cause}}）：流程版本不变，内容不变，多半会再停在这里。',
    'It stopped in a mapping, script or check of the flow itself ({{cause}}): the same version with the same content will most likely stop there again.',
  ],
  tryNow: ['立即重试', 'Try now'],
  tryNowTitle: ['立即重试这条消息？', 'Try this message now?'],
  tryNowEffect: [
    '不等到下次尝试的时间，现在就做下一次尝试，沿用原来的幂等键。若仍失败，按原来的间隔继续，或待人工处理。',
    'The next attempt is made now instead of at its planned time, with the same idempotency keys. If it fails too, the message keeps waiting, or is held.',
  ],
  conclude: ['按已办理结束', 'End as done'],
  concludeTitle: ['按已办理结束这条消息？', 'End this message as done?'],
  concludeEffect: [
    '消息到此结束，计为成功，不再执行任何节点。没有给出应答：同步调用方用同一幂等键查询时，得到“已办理”。',
    'The message ends here as completed, and no further node runs. No reply is given: a caller who asks with the same key gets the information that it was done.',
  ],
  cancelDone: [
    '消息到此为止，不再继续，也不能恢复。已办理的写操作不撤销，在对方仍然有效。',
    'The message ends here and cannot continue later. What was done at the other side is not undone.',
  ],
  askedDone: ['我已向对方核对：已经办成', 'I asked the other side: it was done'],
  asked: ['我已向对方核对：没有办成，或对方能按幂等键去重', 'I asked the other side: it was not done, or it recognises the key'],
  back: ['返回', 'Back'],
  cancel: ['取消消息', 'Cancel the message'],
  cancelTitle: ['取消这条消息？', 'Cancel this message?'],
  cancelEffect: [
    '消息到此为止，不再继续，也不能恢复。已送到对方的不会撤回。',
    'The message ends here and cannot continue later. What has reached the other side is not undone.',
  ],
});

interface Acted {
  readonly executionId: string;
  readonly held?: { readonly outcomeKnown: boolean; readonly reason: string };
  readonly hasWritten: boolean;
  readonly attempt: number;
  /** The last error of the message. */
  readonly error?: { readonly code: string } | undefined;
  readonly standstills?: readonly { readonly error?: { readonly code: string } | undefined }[];
}

/** Returns the actions on a message that needs a person's decision. */
export function useMessageActions() {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const causeOf = useCauseWords();
  const { mutateAsync: retry } = useMutationOf('executions.retry', ['flows', 'held', 'system']);
  const { mutateAsync: tryNow } = useMutationOf('executions.try-now', ['flows', 'held', 'system']);
  const { mutateAsync: conclude } = useMutationOf('executions.conclude', ['flows', 'held', 'system']);
  const { mutateAsync: cancel } = useMutationOf('executions.cancel', ['flows', 'held', 'system']);
  return {
    /** Retries a message. `onRetried` is called when the retry was accepted; the message may still stop again. */
    retry: (acted: Acted, onRetried?: () => void) => {
      const { executionId, held, hasWritten } = acted;
      const isUnknown = held?.outcomeKnown === false;
      const isKept = hasWritten && !isUnknown;
      // A write that was done, or may have been done, used the original code tables. A retry must use the same ones, so
      // the user has no choice.
      const mayChoose = !isUnknown && !isKept;
      let tables: RetryTables = mayChoose && held !== undefined && isCodeMissing({ code: held.reason }) ? 'now' : 'then';
      const code = acted.standstills?.[0]?.error?.code ?? acted.error?.code ?? held?.reason ?? '';
      // A retry of an error in the flow fails again. The exception is a missing code: the current code tables may
      // contain it.
      const isBound = isInFlow(code) && !(mayChoose && isCodeMissing({ code }));
      confirm({
        title: t(isKept ? 'goOnTitle' : 'retryTitle'),
        effect: (
          <div className={styles.confirm}>
            {t(isUnknown ? 'retryUnknown' : isKept ? 'goOnEffect' : 'retryEffect')}
            {isBound ? <Alert type="warning" showIcon title={t('inFlow', { cause: causeOf(code).what })} /> : null}
            {mayChoose ? <FirstChoice first={tables} onChange={(chosen) => (tables = chosen)} /> : null}
          </div>
        ),
        verb: t(isKept ? 'goOn' : 'retry'),
        ...(isUnknown ? { affirm: t('asked') } : {}),
        run: () => retry({ executionId, tables }).then(onRetried),
      });
    },
    tryNow: ({ executionId }: Pick<Acted, 'executionId'>) =>
      confirm({ title: t('tryNowTitle'), effect: t('tryNowEffect'), verb: t('tryNow'), run: () => tryNow({ executionId }) }),
    conclude: ({ executionId, held, attempt }: Acted) => {
      const isUnknown = held?.outcomeKnown === false;
      confirm({
        title: t('concludeTitle'),
        effect: t('concludeEffect'),
        verb: t('conclude'),
        needsReason: true,
        ...(isUnknown ? { affirm: t('askedDone') } : {}),
        run: (reason) => conclude({ executionId, attempt, reason, ...(isUnknown ? { wasDone: true } : {}) }),
      });
    },
    cancel: ({ executionId, hasWritten }: Acted) =>
      confirm({
        title: t('cancelTitle'),
        back: t('back'),
        effect: t(hasWritten ? 'cancelDone' : 'cancelEffect'),
        verb: t('cancel'),
        isDangerous: true,
        needsReason: true,
        run: (reason) => cancel({ executionId, reason }),
      }),
    words: {
      retryOf: ({ hasWritten, held }: Acted) => t(hasWritten && held?.outcomeKnown !== false ? 'goOn' : 'retry'),
      tryNow: t('tryNow'),
      conclude: t('conclude'),
      cancel: t('cancel'),
    },
  };
}

/**
 * Lets the user choose the code tables. A confirm dialog is rendered only once, so this component keeps the choice in
 * its own state.
 */
function FirstChoice({ first, onChange }: { readonly first: RetryTables; readonly onChange: (tables: RetryTables) => void }) {
  const [tables, setTables] = useState(first);
  const choose = (chosen: RetryTables) => {
    setTables(chosen);
    onChange(chosen);
  };
  return <TablesChoice value={tables} onChange={choose} />;
}
