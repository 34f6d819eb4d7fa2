/**
 * A picture is a date format: the fields `yyyy MM dd HH mm ss SSS` and fixed text between them. A letter that is not a
 * field is an error, not fixed text: `YYYY-mm-DD` must never become `YYYY-00-DD`.
 */
import type { ErrorValues } from '../contract/values/errors.ts';
import type { FunctionFault } from './value-function.ts';

/** The digits of each field of a picture. */
export interface DateParts {
  yyyy: string;
  MM: string;
  dd: string;
  HH: string;
  mm: string;
  ss: string;
  SSS: string;
}
type Field = keyof DateParts;

/** The meaning of each field of a picture, [Chinese, English], in the order of docs/reference/mappings.md. */
export const PICTURE_FIELDS: Readonly<Record<Field, readonly [zhCN: string, en: string]>> = {
  yyyy: ['年，四位', 'Year, four digits'],
  MM: ['月，01 到 12', 'Month, 01 to 12'],
  dd: ['日，01 到 31', 'Day of the month, 01 to 31'],
  HH: ['时，00 到 23', 'Hour, 00 to 23'],
  mm: ['分，00 到 59', 'Minute, 00 to 59'],
  ss: ['秒，00 到 59', 'Second, 00 to 59'],
  SSS: ['毫秒，三位', 'Milliseconds, three digits'],
};

/** A parsed picture: each field with the text before it, and the text after the last field. */
export interface DatePicture {
  readonly fields: readonly { readonly before: string; readonly field: Field }[];
  readonly rest: string;
}

const FIELDS = /yyyy|MM|dd|HH|mm|ss|SSS/g;

/**
 * Parses any picture, even a wrong one: letters that are not fields count as fixed text. Mappings that were published
 * before pictures were checked may contain such letters.
 */
export const pictureOf = remember(takeApart);

function takeApart(format: string): DatePicture {
  let at = 0;
  const fields = Array.from(format.matchAll(FIELDS), ({ 0: field, index }) => {
    const before = format.slice(at, index);
    at = index + field.length;
    return { before, field: field as Field };
  });
  return { fields, rest: format.slice(at) };
}

/**
 * Returns the error in a picture that is used to parse a text or to format a time in `zone` (`Z`, `+08:00`); undefined
 * if it is correct.
 */
export function pictureFault(picture: unknown, use: 'parse' | 'format', zone: string): FunctionFault | undefined {
  const found = letterFault(picture, use);
  if (found !== undefined || typeof picture !== 'string') return found;
  if (use === 'parse' && !picture.includes('yyyy')) return fault('picture-year', picture);
  return picture.includes('Z') && !UTC.has(zone) ? fault('picture-zone', picture, { zone }) : undefined;
}

/**
 * Returns the error in a pair of pictures: `from` parses a text, and `to` writes it. Returns undefined if both are
 * correct.
 */
export function conversionFault(from: unknown, to: unknown): FunctionFault | undefined {
  const found = letterFault(from, 'parse') ?? letterFault(to, 'format');
  if (found !== undefined || typeof from !== 'string' || typeof to !== 'string') return found;
  if (to.includes('yyyy') && !from.includes('yyyy')) return fault('picture-year', from);
  return from.includes('Z') === to.includes('Z') ? undefined : fault('picture-zones', to);
}

const UTC: ReadonlySet<string> = new Set(['Z', '+00:00', '-00:00']);

function letterFault(picture: unknown, use: 'parse' | 'format'): FunctionFault | undefined {
  if (typeof picture !== 'string' || !/[A-Za-z]/.test(picture)) return fault('picture-empty', picture);
  return unknownLetters(picture) ?? misplacedFields(picture) ?? (use === 'parse' ? repeatedField(picture) : undefined);
}

const ALLOWED = FIELDS.source.split('|');
/** Letters that are allowed as fixed text, because ISO 8601 uses them as separators. */
const FIXED_LETTERS: ReadonlySet<string> = new Set(['T', 'Z']);
/** The field that the author probably means by a letter that another program uses in its date formats. */
const MEANT: Readonly<Record<string, string>> = {
  Y: 'yyyy',
  y: 'yyyy',
  u: 'yyyy',
  M: 'MM',
  D: 'dd',
  d: 'dd',
  H: 'HH',
  h: 'HH',
  k: 'HH',
  K: 'HH',
  m: 'mm',
  n: 'mm',
  S: 'SSS',
  s: 'ss',
  f: 'SSS',
  F: 'SSS',
};

function unknownLetters(picture: string): FunctionFault | undefined {
  for (const [run] of picture.matchAll(/([A-Za-z])\1*/g)) {
    if (FIXED_LETTERS.has(run) || ALLOWED.includes(run)) continue;
    const meant = run === 'SS' ? 'ss' : MEANT[run[0]!];
    return fault('picture-letter', picture, { letters: run, ...(meant === undefined ? {} : { meant }) });
  }
  return undefined;
}

const DATE_FIELDS: ReadonlySet<string | undefined> = new Set(['yyyy', 'dd']);
const TIME_FIELDS: ReadonlySet<string | undefined> = new Set(['HH', 'ss']);

/**
 * Returns an error if `mm` (minutes) is next to a year or day, because `MM` is probably meant. Also returns an error if
 * `MM` (months) is next to an hour or second, because `mm` is probably meant.
 */
function misplacedFields(picture: string): FunctionFault | undefined {
  const fields = pictureOf(picture).fields.map(({ field }) => field);
  for (const [index, field] of fields.entries()) {
    const around = [fields[index - 1], fields[index + 1]];
    const isBeside = (names: ReadonlySet<string | undefined>) => around.some((name) => names.has(name));
    if (field === 'mm' && isBeside(DATE_FIELDS) && !isBeside(TIME_FIELDS)) return fault('picture-minutes', picture);
    if (field === 'MM' && isBeside(TIME_FIELDS) && !isBeside(DATE_FIELDS)) return fault('picture-months', picture);
  }
  return undefined;
}

function repeatedField(picture: string): FunctionFault | undefined {
  const fields = pictureOf(picture).fields.map(({ field }) => field);
  const twice = fields.find((field, index) => fields.indexOf(field) !== index);
  return twice && fault('picture-twice', picture, { letters: twice });
}

const SENTENCES: Readonly<Record<string, string>> = {
  'picture-empty': 'it contains no part of a date or time',
  'picture-letter': 'a letter in it is not a part of a date or time',
  'picture-minutes': 'mm is minutes, but is used next to the year or day; months are MM',
  'picture-months': 'MM is months, but is used next to the hour or second; minutes are mm',
  'picture-twice': 'it has one part twice',
  'picture-year': 'it has no year, so the result would be in 1970',
  'picture-zone': 'its Z means UTC, but the zone is different',
  'picture-zones': 'one of the two pictures means UTC by its Z, and the other does not',
};

function fault(problem: string, picture: unknown, values: ErrorValues = {}): FunctionFault {
  const shown = typeof picture === 'string' ? picture.slice(0, 100) : '';
  const { letters, meant } = values;
  const which = letters === undefined ? '' : ` (${String(letters)}${meant === undefined ? '' : `; is ${String(meant)} meant?`})`;
  return {
    code: 'MAPPING_INVALID',
    severity: 'error',
    message: `the date picture "${shown}" cannot be used: ${SENTENCES[problem]!}${which}`,
    values: { ...values, problem, picture: shown },
    fix: `Use ${ALLOWED.join(' ')}; T, Z and characters that are not Latin letters are kept as they are.`,
  };
}

/**
 * Maximum number of cached pictures. Flows use only a few pictures, but a flow that builds pictures from data must not
 * fill the memory.
 */
const MOST_REMEMBERED = 200;

function remember<Value>(make: (text: string) => Value): (text: string) => Value {
  const made = new Map<string, Value>();
  return (text) => {
    let value = made.get(text);
    if (value === undefined) {
      if (made.size >= MOST_REMEMBERED) made.clear();
      made.set(text, (value = make(text)));
    }
    return value;
  };
}
