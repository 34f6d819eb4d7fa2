/** Describes a retry rule in words. Pure. */
import type { RetryRule } from '../../../engine/contract/flow/flow-document.ts';
import { defineTexts, translateWith, type Language } from '../i18n/text-pairs.ts';

const TEXTS = defineTexts({
  none: ['失败后不重试。', 'It is not retried after a failure.'],
  few: [
    '失败后最多重试 {{max}} 次，间隔约 {{pauses}}。',
    'After a failure it is retried up to {{max}} {{max|time|times}}, about {{pauses}} apart.',
  ],
  many: [
    '失败后最多重试 {{max}} 次，间隔约 {{pauses}}……，最长 {{cap}}。',
    'After a failure it is retried up to {{max}} {{max|time|times}}, about {{pauses}} … apart, at most {{cap}}.',
  ],
  whole: ['全部用完约需 {{time}}。', 'All retries together take about {{time}}.'],
  list: ['、', ', '],
});

const SHOWN = 5;

/** Describes a retry rule. `duration` formats milliseconds in the same language (`useFormat`). */
export function retrySummary(rule: RetryRule, language: Language, duration: (ms: number) => string): string {
  const t = translateWith(TEXTS, language);
  const { max, capMs, totalMs = Infinity } = rule;
  if (max <= 0) return t('none');
  const pauses = retryPauses(rule, Math.min(max, SHOWN)).map(duration).join(t('list'));
  const all = retryPauses(rule, max).reduce((sum, pause) => sum + pause, 0);
  return `${t(max > SHOWN ? 'many' : 'few', { max, pauses, cap: duration(capMs) })}${language === 'en' ? ' ' : ''}${t('whole', { time: duration(Math.min(all, totalMs)) })}`;
}

/**
 * Returns the longest possible pause before each retry, in milliseconds. The engine makes each pause shorter by a
 * random amount, so that the retries of many messages do not happen at the same time.
 */
export function retryPauses({ baseMs, factor, capMs }: RetryRule, count: number): readonly number[] {
  return Array.from({ length: count }, (_none, index) => Math.min(capMs, baseMs * factor ** index));
}
