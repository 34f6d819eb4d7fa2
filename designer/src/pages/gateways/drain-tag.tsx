import { CircleCheck, CircleDashed, CirclePause } from 'lucide-react';
import type { SystemReport } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';

type Gateway = SystemReport['gateways'][number];

const TEXTS = defineTexts({
  ready: ['就绪', 'Ready'],
  draining: ['排空中，还有 {{count}} 个请求', 'Draining, {{count}} {{count|call|calls}} left'],
  drained: ['已排空', 'Drained'],
});

/** Shows whether a gateway takes calls, or how far its drain is. */
export function DrainTag({ gateway: { isDraining, inFlight } }: { readonly gateway: Gateway }) {
  const t = useTexts(TEXTS);
  if (isDraining !== true)
    return (
      <Tag tone="green" icon={CircleCheck}>
        {t('ready')}
      </Tag>
    );
  return inFlight > 0 ? (
    <Tag tone="amber" icon={CircleDashed}>
      {t('draining', { count: inFlight })}
    </Tag>
  ) : (
    <Tag tone="grey" icon={CirclePause}>
      {t('drained')}
    </Tag>
  );
}
