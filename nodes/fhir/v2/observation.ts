/**
 * Writes OBX into an Observation. The rows of the tables carry a value whole only if it has the form that its type
 * promises. Any other value is kept as text, so that no result is lost.
 */
import { fhirShapes } from '../r4/shapes.ts';
import { applySegment } from './apply-rows.ts';
import type { Draft } from './draft.ts';
import { toPrimitive, type TimeOptions } from './primitives.ts';
import type { V2Segment, V2Value } from './v2-value.ts';

const TABLE = 'OBX[Observation]';
/** More are kept as text, because each becomes an element. */
const MOST_VALUES = 100;

/** Returns false if a value was not what OBX-2 says, and was therefore kept as text. */
export function applyObservation(segment: V2Segment, target: Draft, time: TimeOptions): boolean {
  const type = segment.text('OBX-2') ?? '';
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  const values = read === undefined ? [] : segment.values(5);
  if (read === undefined || values.length > MOST_VALUES) {
    applyText(segment, segment.lines(5), target, time);
    return read === undefined;
  }
  const apply = (fields: V2Segment, value: V2Value, to: Draft): boolean => {
    const carried = value.whole === '""' ? { type: '', parts: [] } : read(value.parts, time);
    if (carried === undefined) applyText(fields, textOf(type, value, segment), to, time);
    else applySegment(TABLE, fields.with({ 2: [carried.type], 5: carried.parts }), to, time);
    return carried !== undefined;
  };
  if (values.length === 1) return apply(segment, values[0]!, target);
  // FHIR R4, obs-7: instead of a value, an observation may have components with its own code.
  applyText(segment, '', target, time);
  return values.map((value, index) => apply(segment.only(3, 6), value, target.element('component', String(index))!)).every(Boolean);
}

function applyText(segment: V2Segment, text: string, target: Draft, time: TimeOptions): void {
  applySegment(TABLE, segment.with({ 2: [], 5: [] }), target, time);
  if (text !== '' && text !== '""') target.set('valueString', '', text);
}

/** Types whose unit is in OBX-6. */
const MEASURED: ReadonlySet<string> = new Set(['NM', 'SN', 'NR', 'NA']);

function textOf(type: string, value: V2Value, segment: V2Segment): string {
  // The tables write a structured numeric with spaces.
  const text = type === 'SN' ? value.parts.filter((part) => part !== '').join(' ') : value.whole;
  const unit = MEASURED.has(type) ? (segment.text('OBX-6.2') ?? segment.text('OBX-6.1')) : undefined;
  return unit === undefined ? text : `${text} ${unit}`;
}

/** The type and components that the rows carry whole. */
interface Carried {
  readonly type: string;
  readonly parts: readonly string[];
}
type Reader = (parts: readonly string[], time: TimeOptions) => Carried | undefined;

const READERS: Readonly<Record<string, Reader | undefined>> = {
  NM: ([number = '', ...more]) => {
    const [, comparator = '', measured = ''] = /^([<>]=?)?\s*(\S+)$/.exec(number) ?? [];
    if (!isNumber(measured) || !isEmpty(more)) return undefined;
    return comparator === '' ? { type: 'NM', parts: [measured] } : { type: 'SN', parts: [comparator, measured] };
  },
  SN: readStructured,
  NR: (parts) => readStructured(['', parts[0] ?? '', '-', ...parts.slice(1)]),
  DT: readTime,
  DTM: readTime,
  TS: readTime,
  TM: ([time = '', ...more], options) => (isA('time', time, options) && isEmpty(more) ? { type: 'TM', parts: [time] } : undefined),
  DR: ([start = '', end = '', ...more], options) =>
    start + end !== '' && [start, end].every((time) => time === '' || isA('dateTime', time, options)) && isEmpty(more)
      ? { type: 'DR', parts: [start, end] }
      : undefined,
  VR: ([low = '', high = '', ...more]) => (low !== '' && high !== '' && isEmpty(more) ? { type: 'VR', parts: [low, high] } : undefined),
  CE: readCoded,
  CF: readCoded,
  CNE: readCoded,
  CWE: readCoded,
  IS: readCoded,
  ED: readDocument,
  // The rows have no fields for these, or lose some of it.
  NA: () => undefined,
  RP: () => undefined,
};

const COMPARATORS: ReadonlySet<string> = new Set(['', '<', '<=', '>', '>=']);

function readStructured([sign = '', low = '', separator = '', high = '', ...more]: readonly string[]): Carried | undefined {
  const comparator = sign === '=' ? '' : sign;
  if (!isNumber(low) || !COMPARATORS.has(comparator) || !isEmpty(more)) return undefined;
  const isOne = separator === '' && high === '';
  const isRatio = (separator === ':' || separator === '/') && isNumber(high);
  const isRange = separator === '-' && isNumber(high) && Number(low) <= Number(high) && comparator === '';
  return isOne || isRatio || isRange ? { type: 'SN', parts: [comparator, low, separator, high] } : undefined;
}

function readTime([time = '', ...more]: readonly string[], options: TimeOptions): Carried | undefined {
  return isA('dateTime', time, options) && isEmpty(more) ? { type: 'DTM', parts: [time] } : undefined;
}

/** All coded types begin as CWE does. The rows carry its components up to the 13th. */
function readCoded(parts: readonly string[]): Carried | undefined {
  return isEmpty(parts.slice(0, 13)) ? undefined : { type: 'CWE', parts };
}

/** The rows carry data in Base64 with a MIME type. */
function readDocument([source = '', kind = '', subtype = '', encoding = '', raw = '', ...more]: readonly string[]): Carried | undefined {
  const data = isEmpty(more) ? toBase64(raw, encoding) : undefined;
  if (data === undefined) return undefined;
  // Many systems write another type for a PDF, so the content decides (remark on ED.5 in the tables).
  const isPdf = data.startsWith('JVBERi0');
  const isMime = /^(?:application|audio|image|multipart|text|video)$/i.test(kind) && /^[^\s/]+$/.test(subtype);
  const type = isPdf ? 'application/pdf' : isMime ? `${kind}/${subtype}`.toLowerCase() : subtype;
  return { type: 'ED', parts: [source, kind, type, 'Base64', data] };
}

function toBase64(raw: string, encoding: string): string | undefined {
  switch (encoding.toUpperCase()) {
    case 'BASE64': {
      const data = raw.replace(/\s+|\\\.br\\|\\X0[AD]\\/g, '');
      return data !== '' && data.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(data) ? data : undefined;
    }
    case 'HEX':
      return raw.length % 2 === 0 && /^[0-9A-Fa-f]+$/.test(raw) ? Buffer.from(raw, 'hex').toString('base64') : undefined;
    case 'A':
      return raw === '' ? undefined : Buffer.from(raw).toString('base64');
    default:
      return undefined;
  }
}

function isNumber(text: string): boolean {
  return isA('decimal', text, { offset: 'Z' });
}

/** True if the text is a value of this primitive type of R4. */
function isA(type: string, text: string, options: TimeOptions): boolean {
  const value = toPrimitive(text, type, options);
  if (value === undefined) return false;
  return typeof value === 'number' || fhirShapes().primitives.get(type)!.pattern!.test(String(value));
}

function isEmpty(parts: readonly string[]): boolean {
  return parts.every((part) => part === '');
}
