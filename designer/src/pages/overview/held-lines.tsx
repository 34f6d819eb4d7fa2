/** What is held, by its causes: writes that were done wait beside messages that lack a code, and each wants something else. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { NamedHeldGroup } from '../../../../control/actions/held-groups.ts';
import { useQueryOf } from '../../api/queries.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { TimeText } from '../../parts/time-text.tsx';
import { addressOf, isAfterWrite } from '../held/held-group.ts';

const TEXTS = defineTexts({
  group: ['{{cause}} · {{flow}}', '{{cause}} · {{flow}}'],
  count: ['{{count}} 条，最早', '{{count}}, the first'],
  more: ['另有 {{count}} 组', 'Groups more: {{count}}'],
});

const SHOWN = 3;

/** Empty until they are known. */
export function useHeldLines(isWanted: boolean): readonly ReactNode[] {
  const t = useTexts(TEXTS);
  const { data } = useQueryOf('held.groups', {}, { enabled: isWanted });
  const groups = (data?.groups ?? []).toSorted((a, b) => urgencyOf(b) - urgencyOf(a) || b.count - a.count);
  return [
    ...groups.slice(0, SHOWN).map((group) => <OfGroup key={addressOf(group)} group={group} />),
    ...(groups.length > SHOWN
      ? [
          <Link key="more" to="/held">
            {t('more', { count: groups.length - SHOWN })}
          </Link>,
        ]
      : []),
  ];
}

/** What was done first, then what may have been: somebody may do it a second time elsewhere. */
function urgencyOf(group: NamedHeldGroup): number {
  if (isAfterWrite(group)) return 2;
  return group.outcomeKnown ? 0 : 1;
}

function OfGroup({ group }: { readonly group: NamedHeldGroup }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const causeOf = useCauseWords();
  const { code, flowName, count, oldestAt } = group;
  return (
    <>
      <Link to={addressOf(group)}>{t('group', { cause: causeOf(code).what, flow: text(flowName) })}</Link>{' '}
      {t('count', { count: format.number(count) })} <TimeText at={oldestAt} isAgo />
    </>
  );
}
