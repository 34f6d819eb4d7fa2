import type { Output } from '../../api/operation-types.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({
  line: ['第 {{lines}} 行：', 'Line {{lines}}: '],
  missing: ['记录缺失', 'missing'],
  changed: ['记录被改动', 'changed'],
  'cut off': ['末尾被截断', 'cut off'],
  accepted: ['（已由安全管理员接受）', ' (accepted by the security administrator)'],
});

/** Lists the lines of the audit trail that fail verification, and why. */
export function ChainBreaks({ breaks }: { readonly breaks: Output<'integrity.get'>['breaks'] }) {
  const t = useTexts(TEXTS);
  return (
    <ul>
      {breaks.map(({ number, to, why, isAccepted }) => (
        <li key={`${number} ${why}`}>
          {t('line', { lines: number === to ? number : `${number}–${to}` })}
          {t(why)}
          {isAccepted ? t('accepted') : null}
        </li>
      ))}
    </ul>
  );
}
