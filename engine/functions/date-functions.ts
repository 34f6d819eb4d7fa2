import { conversionFault, pictureFault, pictureOf, type DateParts } from './date-picture.ts';
import { argument, isAbsent, onText, optional, toNumber, toText, words, type FunctionFault, type ValueFunction } from './value-function.ts';

const DEFAULT_ZONE = '+08:00';
const picture = argument('格式', 'Picture');
const zone = optional('时区，默认 +08:00', 'Zone, +08:00 by default');

/**
 * Functions for dates. A picture is a date format. It consists of yyyy MM dd HH mm ss SSS (GB/T 7408 `yyyyMMddHHmmss`,
 * HL7 DTM). Results are ISO 8601 with their zone.
 */
export const dateFunctions: readonly ValueFunction[] = [
  {
    name: 'parseDate',
    group: 'date',
    label: words('解析日期', 'Parse date'),
    help: words('把 20260102030405 之类按格式变成 ISO 时间。', 'Converts a text such as 20260102030405 to an ISO time, using its picture.'),
    args: [argument('文本', 'Text'), picture, zone],
    examples: [
      { args: ['20260102030405', 'yyyyMMddHHmmss'], gives: '2026-01-02T03:04:05+08:00' },
      { args: ['20260102', 'yyyyMMdd'], gives: '2026-01-02' },
    ],
    settings: { args: [1, 2], check: (format, offset) => zoneFault(offset) ?? pictureFault(format, 'parse', zoneOf(offset)) },
    run: onText((text, format, offset) => (text === '' ? undefined : parseDate(text, toText(format), zoneOf(offset)))),
  },
  {
    name: 'formatDate',
    group: 'date',
    label: words('格式化日期', 'Format date'),
    help: words(
      '把 ISO 时间或毫秒数按格式写出，例如 yyyyMMddHHmmss。',
      'Formats an ISO time or milliseconds with a picture, for example yyyyMMddHHmmss.',
    ),
    args: [argument('时间', 'Time'), picture, zone],
    examples: [{ args: ['2026-01-02T03:04:05+08:00', 'yyyyMMddHHmmss'], gives: '20260102030405' }],
    settings: { args: [1, 2], check: (format, offset) => zoneFault(offset) ?? pictureFault(format, 'format', zoneOf(offset)) },
    run: (time, format, offset) => (isAbsent(time) || time === '' ? undefined : formatDate(toMillis(time), toText(format), zoneOf(offset))),
  },
  {
    name: 'convertDate',
    group: 'date',
    label: words('转换日期格式', 'Convert date'),
    help: words('从一种格式直接变成另一种。', 'Converts a date from one picture to another.'),
    args: [argument('文本', 'Text'), argument('原格式', 'From'), argument('新格式', 'To')],
    examples: [{ args: ['20260102', 'yyyyMMdd', 'yyyy-MM-dd'], gives: '2026-01-02' }],
    settings: { args: [1, 2], check: conversionFault },
    run: onText((text, from, to) => (text === '' ? undefined : writeParts(readParts(text, toText(from)), toText(to)))),
  },
  {
    name: 'dateToMillis',
    group: 'date',
    label: words('日期转毫秒', 'Date to milliseconds'),
    help: words('ISO 时间变成自 1970 年起的毫秒数。', 'Converts an ISO time to milliseconds since 1970.'),
    args: [argument('时间', 'Time')],
    examples: [{ args: ['1970-01-02T00:00:00Z'], gives: 86_400_000 }],
    run: (time) => (isAbsent(time) || time === '' ? undefined : toMillis(time)),
  },
];

const MIDNIGHT: DateParts = { yyyy: '1970', MM: '01', dd: '01', HH: '00', mm: '00', ss: '00', SSS: '000' };

/** Parses a date. A picture without hours gives a date (`2026-01-02`), any other a time with its zone. */
function parseDate(text: string, format: string, offset: string): string {
  const { yyyy, MM, dd, HH, mm, ss, SSS } = readParts(text, format);
  const day = `${yyyy}-${MM}-${dd}`;
  if (!format.includes('HH')) return day;
  return `${day}T${HH}:${mm}:${ss}${format.includes('SSS') ? `.${SSS}` : ''}${offset}`;
}

/** Reads the fields of a text. Fields that the picture lacks default to midnight, 1 January 1970. */
function readParts(text: string, format: string): DateParts {
  const { fields, rest } = pictureOf(format);
  const parts = { ...MIDNIGHT };
  let at = 0;
  for (const { before, field } of fields) {
    if (!text.startsWith(before, at)) throw new RangeError('the text does not match the picture');
    at += before.length;
    const digits = text.slice(at, at + field.length);
    if (digits.length !== field.length || !isDigits(digits)) throw new RangeError('the text does not match the picture');
    parts[field] = digits;
    at += digits.length;
  }
  if (text.slice(at) !== rest) throw new RangeError('the text does not match the picture');
  if (!isInCalendar(parts)) throw new RangeError('this day or time does not exist');
  return parts;
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/**
 * Returns whether the date exists. `Date` cannot check this: it turns 30 February into March, and accepts 24:00 as
 * the next midnight.
 */
function isInCalendar({ yyyy, MM, dd, HH, mm, ss }: DateParts): boolean {
  const [month, day] = [Number(MM), Number(dd)];
  if (month < 1 || month > 12 || day < 1 || day > daysOf(Number(yyyy), month)) return false;
  return Number(HH) < 24 && Number(mm) < 60 && Number(ss) < 60;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function writeParts(parts: DateParts, format: string): string {
  const { fields, rest } = pictureOf(format);
  let text = '';
  for (const { before, field } of fields) text += before + parts[field];
  return text + rest;
}

function formatDate(timeMs: number, format: string, offset: string): string {
  const local = new Date(timeMs + offsetMs(offset)).toISOString();
  const parts: DateParts = {
    yyyy: local.slice(0, 4),
    MM: local.slice(5, 7),
    dd: local.slice(8, 10),
    HH: local.slice(11, 13),
    mm: local.slice(14, 16),
    ss: local.slice(17, 19),
    SSS: local.slice(20, 23),
  };
  return writeParts(parts, format);
}

/**
 * Converts to epoch milliseconds. A date without a zone is midnight in China, and a time without a zone is China
 * time.
 */
function toMillis(time: unknown): number {
  if (typeof time === 'number') return toNumber(time);
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?(Z|[+-]\d{2}:\d{2})?$/.exec(toText(time));
  const timeMs = match ? Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? DEFAULT_ZONE}`) : Number.NaN;
  if (Number.isNaN(timeMs)) throw new RangeError('not an ISO time');
  return timeMs;
}

const ZONE = /^(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;

function zoneOf(offset: unknown): string {
  const text = isAbsent(offset) ? DEFAULT_ZONE : toText(offset);
  if (!ZONE.test(text)) throw new RangeError('a zone must be Z or an offset such as +08:00');
  return text;
}

function zoneFault(offset: unknown): FunctionFault | undefined {
  if (isAbsent(offset) || (typeof offset === 'string' && ZONE.test(offset))) return undefined;
  const shown = String(offset).slice(0, 100);
  return {
    code: 'MAPPING_INVALID',
    severity: 'error',
    message: `"${shown}" is not a time zone`,
    values: { problem: 'zone', zone: shown },
    fix: 'Write Z or an offset, for example +08:00.',
  };
}

function offsetMs(offset: string): number {
  if (offset === 'Z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  return (offset.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
