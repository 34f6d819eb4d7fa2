/** Removes what waits in a collection. People without the right may request it. */
import { App, Button, Input } from 'antd';
import type { Output } from '../../api/operation-types.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useAsk } from '../../kit/approval/use-ask.tsx';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { useMay } from '../../session/session-context.ts';

const TEXTS = defineTexts({
  remove: ['移除', 'Remove'],
  ask: ['申请移除', 'Request removal'],
  title: ['移除汇集“{{collection}}”中等待的数据', 'Remove what waits in the collection "{{collection}}"'],
  effect: [
    '“{{collection}}”中等待的数据（现有 {{count}} 条）不再交给任何流程，不能恢复。此刻正交给流程的组可能仍会处理。',
    'What waits in "{{collection}}" ({{count}} {{count|item|items}} now) is given to no flow any more; it cannot be restored. A group that is being handed to a flow now may still be processed.',
  ],
  key: ['只移除此键的数据（不填则移除全部）', 'Only the data of this key (all if empty)'],
  removed: ['已移除 {{keys}} 个键的 {{count}} 条数据', 'Removed {{count}} {{count|item|items}} of {{keys}} {{keys|key|keys}}'],
});

type WaitingCollection = Output<'flow-data.collections'>['items'][number];

export function RemoveItems({ domain, collection, items }: WaitingCollection) {
  const t = useTexts(TEXTS);
  const mayRemove = useMay()('executions.cancel');
  const confirm = useConfirm();
  const ask = useAsk();
  const { message } = App.useApp();
  const remove = useMutationOf('flow-data.remove-items');
  const effect = t('effect', { collection, count: items });
  const start = () => {
    if (!mayRemove) return ask('flow-data.remove-items', { domain, collection }, { about: effect });
    let key = '';
    confirm({
      ...{ title: t('title', { collection }), verb: t('remove'), isDangerous: true, needsReason: true },
      effect: (
        <>
          <p>{effect}</p>
          <Input maxLength={500} aria-label={t('key')} placeholder={t('key')} onChange={(event) => (key = event.target.value)} />
        </>
      ),
      async run($reason) {
        const { keys, removed: count } = await remove.mutateAsync({ domain, collection, ...(key === '' ? {} : { key }), $reason });
        void message.success(t('removed', { keys, count }));
      },
    });
  };
  const verb = t(mayRemove ? 'remove' : 'ask');
  return (
    <Button size="small" danger={mayRemove} aria-label={`${verb}: ${collection}`} onClick={start}>
      {verb}
    </Button>
  );
}
