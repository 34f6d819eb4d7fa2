import { CircleCheck, CircleDashed, CircleX, Clock3, type LucideIcon } from 'lucide-react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { Tag, type Tone } from '../../kit/feedback/status-tag.tsx';

const TEXTS = defineTexts({
  PENDING: ['待启用', 'Pending'],
  ACTIVE: ['启用', 'Active'],
  RETIRING: ['退役中', 'Retiring'],
  REVOKED: ['已吊销', 'Revoked'],
});

export type KeyState = 'PENDING' | 'ACTIVE' | 'RETIRING' | 'REVOKED';

const LOOKS: Readonly<Record<KeyState, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  PENDING: { tone: 'grey', icon: CircleDashed },
  ACTIVE: { tone: 'green', icon: CircleCheck },
  RETIRING: { tone: 'amber', icon: Clock3 },
  REVOKED: { tone: 'red', icon: CircleX },
};

/** Shows the state of a key, of an app or of the platform. */
export function KeyStateTag({ state }: { readonly state: KeyState }) {
  const t = useTexts(TEXTS);
  return (
    <Tag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
      {t(state)}
    </Tag>
  );
}
