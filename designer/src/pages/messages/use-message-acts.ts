import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../parts/confirm-act.tsx';

const TEXTS = defineTexts({
  retry: ['重试', 'Retry'],
  retryTitle: ['重试这条消息？', 'Retry this message?'],
  retryEffect: ['消息从停下的节点接着走，沿用原来的键。', 'The message goes on from the node where it stopped, under the same keys.'],
  retryUnknown: [
    '消息从停下的节点接着走，沿用原来的键。上一次写入的结果不明：对方可能已经办成；若对方不按键去重，可能会重复。',
    'The message goes on from the node where it stopped, under the same keys. The outcome of the last write is not known: if it was done and the other side does not recognise the key, it is done twice.',
  ],
  asked: ['我已向对方核对：没有办成，或对方能凭键识别重复', 'I asked the other side: it was not done, or it recognises the key'],
  cancel: ['取消消息', 'Cancel the message'],
  cancelTitle: ['取消这条消息？', 'Cancel this message?'],
  cancelEffect: [
    '消息到此为止，不再继续，也不能恢复。已送到对方的不会撤回。',
    'The message ends here and cannot go on later. What has reached the other side is not taken back.',
  ],
});

interface Acted {
  readonly executionId: string;
  readonly held: { readonly outcomeKnown: boolean } | undefined;
}

/** What a person may decide about a message that cannot decide for itself. */
export function useMessageActs() {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const { mutateAsync: retry } = useMutationOf('executions.retry', ['flows', 'held', 'system']);
  const { mutateAsync: cancel } = useMutationOf('executions.cancel', ['flows', 'held', 'system']);
  return {
    retry: ({ executionId, held }: Acted) =>
      confirm({
        title: t('retryTitle'),
        effect: t(held?.outcomeKnown === false ? 'retryUnknown' : 'retryEffect'),
        verb: t('retry'),
        ...(held?.outcomeKnown === false ? { affirm: t('asked') } : {}),
        run: () => retry({ executionId }),
      }),
    cancel: ({ executionId }: Acted) =>
      confirm({
        title: t('cancelTitle'),
        effect: t('cancelEffect'),
        verb: t('cancel'),
        isDangerous: true,
        needsReason: true,
        run: (reason) => cancel({ executionId, reason }),
      }),
    words: { retry: t('retry'), cancel: t('cancel') },
  };
}
