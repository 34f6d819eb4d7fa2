/**
 * High-water marks: the values of a column that grows, by which a poll knows how far it has read. A mark is kept as the
 * text that the database gave, so that it can be passed back without loss.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';

export type MarkKind = 'time' | 'number';

/** Returns the mark of a row's column. Throws DATABASE_MARK (input) if the value is not of this kind. */
export function toMark(value: unknown, kind: MarkKind): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (kind === 'number' ? NUMBER.test(text) : TIME.test(text)) return text;
  throw new AppError('DATABASE_MARK', 'input', `The column for the position must have a ${kind} in each row.`, {
    values: { problem: kind },
    fix: 'Choose a column that is never NULL: a growing number, or a date or timestamp in ISO 8601.',
  });
}

/** Returns a negative number if `a` comes before `b`, zero if they are equal. */
export function compareMarks(a: string, b: string, kind: MarkKind): number {
  if (kind === 'number') return Number(BigInt(a) - BigInt(b));
  const [left, right] = [sortable(a), sortable(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Returns the mark moved back by so many units, or seconds. It has the form of the mark. */
export function moveBack(mark: string, by: number, kind: MarkKind): string {
  if (by === 0) return mark;
  if (kind === 'number') return String(BigInt(mark) - BigInt(by));
  const { day, separator, time, rest } = partsOf(mark);
  const before = new Date(Date.parse(`${day}T${time || '00:00:00'}Z`) - by * 1000).toISOString();
  return time === '' ? before.slice(0, 10) : `${before.slice(0, 10)}${separator}${before.slice(11, 19)}${rest}`;
}

const NUMBER = /^-?\d{1,30}$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2}:\d{2})((?:\.\d{1,9})?Z?))?$/;

function partsOf(mark: string) {
  const [, day = '', separator = 'T', time = '', rest = ''] = TIME.exec(mark) ?? [];
  return { day, separator, time, rest };
}

/** All times of a column have the same zone, so their texts can be compared once their forms are the same. */
function sortable(mark: string): string {
  const { day, time, rest } = partsOf(mark);
  return `${day}T${time || '00:00:00'}.${rest.replace('.', '').replace('Z', '').padEnd(9, '0')}`;
}
