import { App, Button } from 'antd';
import { Eraser } from 'lucide-react';
import type { Output } from '../../api/operation-types.ts';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { useMay } from '../../session/session-context.ts';

const TEXTS = defineTexts({
  purge: ['清除缓存', 'Purge the cache'],
  effect: [
    '“{{name}}”已缓存的应答在一秒内于所有网关失效，之后的请求会重新调用目标。',
    'Within a second no gateway uses the cached responses of "{{name}}" any more; the next requests call the target again.',
  ],
  purged: ['缓存已清除', 'The cache was purged'],
});

/** Purges the cached responses of an interface. It is hidden if the interface has no cache. */
export function PurgeCache({ document }: { readonly document: Output<'interfaces.get'> }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const { message } = App.useApp();
  const purge = useMutationOf('interfaces.purge-cache');
  const { interfaceId, name, policies } = document;
  const cache = policies?.['cache'];
  if (cache === undefined || cache === false || cache['level'] === 'none' || !may('interfaces.publish')) return null;
  const ask = () =>
    confirm({
      title: t('purge'),
      effect: t('effect', { name: text(name) || interfaceId }),
      verb: t('purge'),
      needsReason: true,
      async run($reason) {
        await purge.mutateAsync({ interfaceId, $reason });
        void message.success(t('purged'));
      },
    });
  return (
    <Button icon={<Eraser size={16} />} onClick={ask}>
      {t('purge')}
    </Button>
  );
}
