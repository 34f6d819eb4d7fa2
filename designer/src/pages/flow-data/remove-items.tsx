/**
 * Removes what waits in a collection, or under one key of it. A second dialog names the key and how much it would
 * remove. People without the right may request the removal of the whole.
 */
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
  which: ['要移除哪些数据？', 'What should be removed?'],
  key: ['键（不填则移除全部）', 'Key (all if empty)'],
  next: ['下一步', 'Next'],
  nothing: ['键“{{key}}”没有等待的数据', 'Nothing waits under the key "{{key}}"'],
  effect: [
    '汇集“{{collection}}”中等待的全部 {{count}} 条数据（{{keys}} 个键）不再交给任何流程，不能恢复。此刻正交给流程的组可能仍会处理。',
    'All that waits in the collection "{{collection}}" ({{count}} {{count|item|items}} of {{keys}} {{keys|key|keys}}) is given to no flow any more; it cannot be restored. A group that is being handed to a flow now may still be processed.',
  ],
  effectOfKey: [
    '汇集“{{collection}}”中键“{{key}}”的 {{count}} 条数据不再交给任何流程，不能恢复。此刻正交给流程的组可能仍会处理。',
    'What waits under the key "{{key}}" of the collection "{{collection}}" ({{count}} {{count|item|items}}) is given to no flow any more; it cannot be restored. A group that is being handed to a flow now may still be processed.',
  ],
  removed: ['已移除 {{keys}} 个键的 {{count}} 条数据', 'Removed {{count}} {{count|item|items}} of {{keys}} {{keys|key|keys}}'],
});

type WaitingCollection = Output<'flow-data.collections'>['items'][number];

export function RemoveItems({ domain, collection, keys, items }: WaitingCollection) {
  const t = useTexts(TEXTS);
  const mayRemove = useMay()('executions.cancel');
  const confirm = useConfirm();
  const ask = useAsk();
  const { message } = App.useApp();
  const remove = useMutationOf('flow-data.remove-items');
  const all = { domain, collection };
  const effect = t('effect', { collection, keys, count: items });
  const confirmRemoval = (input: { readonly key?: string }, itsEffect: string) =>
    confirm({
      ...{ title: t('title', { collection }), effect: itsEffect, verb: t('remove'), isDangerous: true, needsReason: true },
      async run($reason) {
        const done = await remove.mutateAsync({ ...all, ...input, $reason });
        void message.success(t('removed', { keys: done.keys, count: done.removed }));
      },
    });
  const choose = () => {
    let key = '';
    confirm({
      ...{ title: t('title', { collection }), verb: t('next') },
      effect: (
        <>
          <p>{t('which')}</p>
          <Input autoFocus maxLength={500} aria-label={t('key')} placeholder={t('key')} onChange={(event) => (key = event.target.value)} />
        </>
      ),
      async run() {
        if (key === '') return confirmRemoval({}, effect);
        const { removed: count } = await remove.mutateAsync({ ...all, key, dryRun: true });
        if (count === 0) return void message.info(t('nothing', { key }));
        return confirmRemoval({ key }, t('effectOfKey', { collection, key, count }));
      },
    });
  };
  const start = () => (mayRemove ? choose() : ask('flow-data.remove-items', all, { about: effect }));
  const verb = t(mayRemove ? 'remove' : 'ask');
  return (
    <Button size="small" danger={mayRemove} aria-label={`${verb}: ${collection}`} onClick={start}>
      {verb}
    </Button>
  );
}
