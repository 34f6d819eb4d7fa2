import { CircleX } from 'lucide-react';
import { browserClock } from '../../api/browser-clock.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Tag } from '../feedback/status-tag.tsx';
import { TimeText } from './time-text.tsx';

const TEXTS = defineTexts({ never: ['长期有效', 'Does not expire'], over: ['已过期', 'Expired'] });

/** Shows when a key or grant ends or ended. */
export function ExpiryText({ at }: { readonly at: number | undefined }) {
  const t = useTexts(TEXTS);
  if (at === undefined) return <span>{t('never')}</span>;
  if (at > browserClock.now()) return <TimeText at={at} />;
  return (
    <Tag tone="red" icon={CircleX}>
      {t('over')} <TimeText at={at} />
    </Tag>
  );
}
