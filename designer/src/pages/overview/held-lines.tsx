/**
 * Lists held messages by cause. The causes need different actions, for example completed writes and missing codes.
 */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { NamedHeldGroup } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useLanguage, useText, useTexts } from '../../i18n/texts.ts';
import { causeOf } from '../../model/problems/error-causes.ts';
import { TimeText } from '../../kit/time/time-text.tsx';
import { addressOf, isAfterWrite } from '../messages/held-group.ts';

const TEXTS = defineTexts({
  group: ['{{cause}} · {{flow}}', '{{cause}} · {{flow}}'],
  count: ['{{count}} 条，最早', '{{count}}, the first'],
  more: ['另有 {{count}} 组：{{causes}}', '{{count}} more {{count|group|groups}}: {{causes}}'],
});

const SHOWN = 4;

/**
 * Returns the lines. The first group of every cause comes before the second group of any cause, so that a cause with
 * large groups does not hide another cause. A last line tells how many groups are left out.
 */
export function useHeldLines(all: readonly NamedHeldGroup[]): readonly ReactNode[] {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const wordsOf = useCauseWords();
  const groups = all.toSorted((a, b) => urgencyOf(b) - urgencyOf(a) || b.count - a.count);
  const first = groups.filter(({ code }, index) => groups.findIndex((other) => causeOf(other.code) === causeOf(code)) === index);
  const [shown, hidden] = splitAt([...first, ...groups.filter((group) => !first.includes(group))], SHOWN);
  const causes = new Set(hidden.map(({ code }) => wordsOf(code).what));
  return [
    ...shown.map((group) => <OfGroup key={addressOf(group)} group={group} />),
    ...(hidden.length > 0
      ? [
          <Link key="more" to="/held">
            {t('more', {
              count: hidden.length,
              causes: [...causes].join(language === 'zh-CN' ? '、' : ', '),
            })}
          </Link>,
        ]
      : []),
  ];
}

function splitAt<T>(items: readonly T[], place: number): readonly [readonly T[], readonly T[]] {
  return [items.slice(0, place), items.slice(place)];
}

/**
 * Returns how urgent a group is. Completed writes are most urgent, then writes with an unknown outcome: a person may do
 * such a write a second time by hand in the other system.
 */
function urgencyOf(group: NamedHeldGroup): number {
  if (isAfterWrite(group)) return 2;
  return group.outcomeKnown ? 0 : 1;
}

function OfGroup({ group }: { readonly group: NamedHeldGroup }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const wordsOf = useCauseWords();
  const { code, flowName, count, oldestAt } = group;
  return (
    <>
      <Link to={addressOf(group)}>{t('group', { cause: wordsOf(code).what, flow: text(flowName) })}</Link>{' '}
      {t('count', { count: format.number(count) })} <TimeText at={oldestAt} isAgo />
    </>
  );
}
