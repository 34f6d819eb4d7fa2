import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../parts/confirm-act.tsx';

const TEXTS = defineTexts({
  retry: ['重试', 'Retry'],
  retryTitle: ['重试这条消息？', 'Retry this message?'],
  retryEffect: ['消息从停下的节点接着走，沿用原来的键。', 'The message goes on from the node where it stopped, under the same keys.'],
  retryUnknown: [
    '消息从停下的节点接着走，沿用原来的键。上一次写入的结果不明：请先向对方核对是否已办成；若对方不按幂等键去重，可能会重复。',
    'The message goes on from the node where it stopped, under the same keys. The outcome of the last write is not known: ask the other side first; if it does not recognise the key, the deed may be done twice.',
  ],
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
  const { mutateAsync: retry } = useMutationOf('executions.retry', ['flows', 'system']);
  const { mutateAsync: cancel } = useMutationOf('executions.cancel', ['flows', 'system']);
  return {
    retry: ({ executionId, held }: Acted) =>
      confirm({
        title: t('retryTitle'),
        effect: t(held?.outcomeKnown === false ? 'retryUnknown' : 'retryEffect'),
        verb: t('retry'),
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
