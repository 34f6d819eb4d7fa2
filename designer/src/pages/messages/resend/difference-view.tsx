import { useMemo } from 'react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { lineDifference, nearDifference, type DifferenceLine } from './line-difference.ts';
import styles from './resend-page.module.css';

const TEXTS = defineTexts({
  none: ['内容没有改动：将原样重发', 'The content is unchanged: it is sent as it was'],
  removed: ['删去', 'Removed'],
  added: ['新增', 'Added'],
  label: ['改动', 'Changes'],
});

const SIGNS = { same: '\u00a0', removed: '−', added: '+' } as const;
const MOST_LINES = 500;

/**
 * Shows the differences of two texts line by line, and marks the changed part of each line. Unchanged lines are shown
 * only near a difference.
 */
export function DifferenceView({ before, after }: { readonly before: string; readonly after: string }) {
  const t = useTexts(TEXTS);
  const lines = useMemo(() => nearDifference(lineDifference(before, after)), [before, after]);
  if (!lines.some((line) => line !== undefined && line.kind !== 'same')) return <p className={styles.quiet}>{t('none')}</p>;
  return (
    <div className={styles.difference} role="group" aria-label={t('label')}>
      {lines.slice(0, MOST_LINES).map((line, index) =>
        line === undefined ? (
          <div key={index} className={styles.gap}>
            ⋯
          </div>
        ) : (
          <Line key={index} line={line} word={line.kind === 'same' ? undefined : t(line.kind)} />
        ),
      )}
      {lines.length > MOST_LINES ? <div className={styles.gap}>⋯</div> : null}
    </div>
  );
}

function Line({
  line: { kind, text, before, after, changed },
  word,
}: {
  readonly line: DifferenceLine;
  readonly word: string | undefined;
}) {
  const [from, to] = changed ?? [0, 0];
  return (
    <div className={`${styles.line} ${styles[kind]}`}>
      <span className={styles.number}>{before ?? ''}</span>
      <span className={styles.number}>{after ?? ''}</span>
      <span className={styles.sign} {...(word === undefined ? {} : { role: 'img', 'aria-label': word })}>
        {SIGNS[kind]}
      </span>
      <code>
        {text.slice(0, from)}
        {from === to ? null : <mark>{text.slice(from, to)}</mark>}
        {text.slice(to)}
      </code>
    </div>
  );
}
