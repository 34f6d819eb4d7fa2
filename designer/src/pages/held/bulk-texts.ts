import type { Bulk, BulkKind } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useFlowName } from '../messages/use-flow-name.ts';
import { isAfterWrite } from '../messages/held-group.ts';

export const BULK_TEXTS = defineTexts({
  retry: ['批量重试', 'Retry in bulk'],
  goOn: ['批量继续执行', 'Continue in bulk'],
  resend: ['批量重发', 'Resend in bulk'],
  conclude: ['批量按已办理结束', 'End as done in bulk'],
  cancel: ['批量取消', 'Cancel in bulk'],
  running: ['进行中', 'Running'],
  stopped: ['已停止，未完成', 'Stopped before the end'],
  done: ['已完成', 'Done'],
  doneHeld: ['已完成，全部再次挂起', 'Done, all held again'],
  closed: ['已了结', 'Closed'],
});

/**
 * Returns the key of the action's label. A retry after a completed write does not repeat the write, so it has a
 * different label.
 */
export function actOf({ kind, isAfterWrite: isDone }: { readonly kind: BulkKind; readonly isAfterWrite: boolean }): BulkKind | 'goOn' {
  return kind === 'retry' && isDone ? 'goOn' : kind;
}

/**
 * Returns the key of the label of an existing bulk operation. Its selection contains the error code, which tells
 * whether the write was completed.
 */
export function actOfBulk({ kind, selection: { code } }: Pick<Bulk, 'kind' | 'selection'>): BulkKind | 'goOn' {
  return actOf({ kind, isAfterWrite: code !== undefined && isAfterWrite({ code }) });
}

const TEXTS = defineTexts({
  chosen: ['选中的 {{count}} 条', '{{count}} selected messages'],
  all: ['全部待人工处理的消息', 'All held messages'],
  byKey: ['业务键 {{name}} 相同的', 'With the same business key {{name}}'],
  again: ['再次挂起的消息', 'Those held again'],
});

/** Returns a function that describes the selection of a bulk operation in words. */
export function useChoiceWords(): (selection: Bulk['selection']) => string {
  const t = useTexts(TEXTS);
  const nameOf = useFlowName();
  const causeOf = useCauseWords();
  return ({ flowId, code, bulk, key, ids }) => {
    if (ids !== undefined) return t('chosen', { count: ids });
    if (bulk !== undefined) return t('again');
    const parts = [
      flowId === undefined ? undefined : nameOf(flowId),
      code === undefined ? undefined : causeOf(code).what,
      key === undefined ? undefined : t('byKey', { name: key }),
    ];
    return parts.filter((part) => part !== undefined).join(' · ') || t('all');
  };
}
