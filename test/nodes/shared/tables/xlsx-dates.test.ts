import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SaxesTagPlain } from 'saxes';
import { dateText, readDateFormats } from '../../../../nodes/shared/tables/xlsx-dates.ts';

/** Styles 0 to 5: a built-in date, a date of its own, built-in elapsed time, elapsed times of their own, minutes and seconds. */
async function formatsOf(is1904: boolean) {
  const tag = (name: string, attributes: Record<string, string>) => ({ name, attributes }) as unknown as SaxesTagPlain;
  return readDateFormats(async (onTag) => {
    onTag(tag('numFmt', { numFmtId: '164', formatCode: '[$-804]yyyy"年"m"月"d"日"' }));
    onTag(tag('numFmt', { numFmtId: '165', formatCode: '[hh]:mm:ss;@' }));
    onTag(tag('numFmt', { numFmtId: '166', formatCode: '[Red][m]"分"' }));
    onTag(tag('cellXfs', {}));
    for (const numFmtId of ['14', '164', '46', '165', '166', '45']) onTag(tag('xf', { numFmtId }));
  }, is1904);
}

test('dates before March 1900 are those that Excel shows', async () => {
  const formats = await formatsOf(false);
  const cases: readonly (readonly [number, string | undefined])[] = [
    ...([
      [1, '1900-01-01'],
      [59, '1900-02-28'],
      [59.5, '1900-02-28T12:00:00'],
      [61, '1900-03-01'],
      [46_081, '2026-02-28'],
    ] as const),
    // Excel shows 29 February 1900, a day that never was.
    ...([
      [60, undefined],
      [60.5, undefined],
      [0.5, '12:00:00'],
      [59.9999999, undefined],
    ] as const),
  ];
  for (const [number, text] of cases) for (const style of ['0', '1']) assert.equal(dateText(number, style, formats), text, String(number));
  assert.equal(dateText(59, '0', await formatsOf(true)), '1904-02-29');
});

test('an elapsed time stays the number of days', async () => {
  const formats = await formatsOf(false);
  for (const style of ['2', '3', '4']) for (const days of [1.25, 0.5]) assert.equal(dateText(days, style, formats), undefined);
  assert.equal(dateText(0.5, '5', formats), '12:00:00');
});
