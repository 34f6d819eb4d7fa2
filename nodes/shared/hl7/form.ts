/**
 * A message as the data of `hl7.parse@1`: `data.PID[0].f5[0].c1` is PID-5.1, and `data.OBX[2].f5[0].c1` is the third
 * OBX-5.1. `textSteps` also writes the data of version 2 (`message-data.ts`).
 * - `order`: the names of the segments in order; the n-th `OBX` in it is `OBX[n-1]`. Segments without an entry in
 *   `order` are written after the last one of their name, or at the end. An entry without a segment is skipped.
 * - Segment: `f1`, `f2` … by HL7 number. Empty fields are left out, except the last one.
 * - Field: a list of repetitions. Repetition: `c1`, `c2` …; empty ones are left out, except the last one.
 * - Component: text with escapes decoded, or `{s1, s2 …}` if it has subcomponents.
 * - `other`: lines that are not segments, as received. `raw` of a segment: the original text of fields that cannot be
 *   reproduced from their values. It is used as long as these values are unchanged.
 * So nothing is lost: `fromHl7Form(toHl7Form(message))` is the same text, byte for byte.
 */
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { runSynchronously } from '../in-turns.ts';
import { escapeHl7, hasSpellings, unescapeHl7 } from './escapes.ts';
import { LONG, MAX_PARTS, PART_COST, SEGMENT, split } from './form-limits.ts';
import { formWrong } from './form-wrong.ts';
import { readHl7, segmentName, tooMany, type Delimiters, type Hl7Message } from './message.ts';
import { changedLine, changedRepetition, onlyText } from './write-data.ts';

export type Hl7Component = string | { readonly [subcomponent: `s${number}`]: string };
export interface Hl7Repetition {
  readonly [component: `c${number}`]: Hl7Component;
}
export interface Hl7Segment {
  readonly [field: `f${number}`]: readonly Hl7Repetition[];
  readonly raw?: Readonly<Record<string, string>>;
}
export interface Hl7Form {
  readonly order: readonly string[];
  /** The line end; a list if the segments have different ones (the last may have none). */
  readonly end: string | readonly string[];
  readonly lead?: string;
  readonly other?: readonly string[];
  readonly [segment: string]: unknown;
}

export function toHl7Form(message: Hl7Message): Hl7Form {
  return runSynchronously(formSteps(message));
}

/**
 * Returns the HL7 text of a form. Throws HL7_FORM_WRONG (input), which names the segment and field that do not have
 * the shape above.
 */
export function fromHl7Form(form: unknown): string {
  return runSynchronously(textSteps(form));
}

/** Does the same as `toHl7Form`, but a few kilobytes per step. Throws HL7_TOO_MANY_PARTS (input). */
export function* formSteps(message: Hl7Message): Generator<void, Hl7Form> {
  const order: string[] = [];
  const lists: Record<string, unknown[]> = {};
  for (const line of message.segments) {
    const name = segmentName(line, message.delimiters);
    const isSegment = SEGMENT.test(name);
    const key = isSegment ? name : 'other';
    order.push(key);
    (lists[key] ??= []).push(isSegment ? yield* segmentForm(line, message.delimiters) : line);
    yield;
  }
  const first = message.ends[0] ?? '\r';
  const isUniform = first !== '' && message.ends.every((end) => end === first);
  return { order, end: isUniform ? first : message.ends, ...(message.lead === '' ? {} : { lead: message.lead }), ...lists };
}

/** Does the same as `fromHl7Form`, but a few kilobytes per step. */
export function* textSteps(form: unknown): Generator<void, string> {
  if (!isRecord(form)) throw formWrong('', 'it is not an object', 'object');
  const delimiters = delimitersOf(form);
  const lines: string[] = [];
  for (const [name, segment] of orderedSegments(form)) {
    lines.push(name === 'other' ? String(segment) : yield* segmentLine(name, segment, delimiters));
    yield;
  }
  const ends = form['end'];
  const endOf = (index: number) =>
    Array.isArray(ends) ? ((ends[index] as string | undefined) ?? '\r') : typeof ends === 'string' && ends !== '' ? ends : '\r';
  return (typeof form['lead'] === 'string' ? form['lead'] : '') + lines.map((line, index) => line + endOf(index)).join('');
}

function* segmentForm(line: string, delimiters: Delimiters): Generator<void, Hl7Segment> {
  const isHeader = line.startsWith('MSH');
  const parts = line.split(delimiters.field, MAX_PARTS + 2);
  if (parts.length > MAX_PARTS + 1) throw tooMany('fields', MAX_PARTS);
  const segment: Record<string, unknown> = {};
  let raw: Record<string, string> | undefined;
  let done = 0;
  if (isHeader) segment['f1'] = [{ c1: delimiters.field }];
  for (let index = 1; index < parts.length; index++) {
    const text = parts[index]!;
    if (text === '' && index < parts.length - 1) continue;
    const name = `f${isHeader ? index + 1 : index}`;
    if (isHeader && index === 1) {
      segment[name] = [{ c1: text }];
      continue;
    }
    const { value, needsRaw } = text.length > LONG ? yield* longFieldForm(text, delimiters) : fieldForm(text, delimiters);
    segment[name] = value;
    if (needsRaw) (raw ??= {})[name] = text;
    done += text.length + PART_COST;
    if (done > LONG) {
      done = 0;
      yield;
    }
  }
  if (raw !== undefined) segment['raw'] = raw;
  return segment as Hl7Segment;
}

interface FieldForm {
  readonly value: readonly Hl7Repetition[];
  /** True if the field's text cannot be reproduced from its values. */
  readonly needsRaw: boolean;
}

function fieldForm(text: string, delimiters: Delimiters): FieldForm {
  const value = split(text, delimiters.repetition).map((repetition) => repetitionForm(repetition, delimiters));
  return { value, needsRaw: hasSpellings(text, delimiters) && fieldLine(value, delimiters, '') !== text };
}

/**
 * Converts a long field. `needsRaw` is true whenever the original text might differ from the text that the values would
 * produce. The two texts are not compared, because that would take as long as the conversion.
 */
function* longFieldForm(text: string, delimiters: Delimiters): Generator<void, FieldForm> {
  const value: Hl7Repetition[] = [];
  let needsRaw = false;
  let done = 0;
  for (const repetition of split(text, delimiters.repetition)) {
    needsRaw = hasSpellings(repetition, delimiters) || needsRaw;
    value.push(repetitionForm(repetition, delimiters));
    done += repetition.length + PART_COST;
    if (done < LONG) continue;
    done = 0;
    yield;
  }
  return { value, needsRaw };
}

function repetitionForm(text: string, delimiters: Delimiters): Hl7Repetition {
  return parts('c', split(text, delimiters.component), (component) => {
    if (delimiters.subcomponent === '' || !component.includes(delimiters.subcomponent)) return unescapeHl7(component, delimiters);
    return parts('s', split(component, delimiters.subcomponent), (subcomponent) => unescapeHl7(subcomponent, delimiters));
  });
}

/** Returns `{c1: …, c3: …}`. Empty parts are left out, except the last, which shows how many there are. */
function parts(letter: string, texts: readonly string[], read: (text: string) => unknown): Record<string, never> {
  if (texts.length > MAX_PARTS) throw tooMany('components', MAX_PARTS);
  const result: Record<string, unknown> = {};
  for (let index = 0; index < texts.length; index++) {
    if (texts[index] !== '' || index === texts.length - 1) result[`${letter}${index + 1}`] = read(texts[index]!);
  }
  return result as Record<string, never>;
}

function orderedSegments(form: Readonly<Record<string, unknown>>): [string, unknown][] {
  const order = Array.isArray(form['order']) ? (form['order'] as unknown[]).map(String) : [];
  const lists = new Map(
    Object.entries(form).filter(
      (entry): entry is [string, unknown[]] => (SEGMENT.test(entry[0]) || entry[0] === 'other') && Array.isArray(entry[1]),
    ),
  );
  const last = new Map(order.map((name, index) => [name, index]));
  const taken = new Map<string, number>();
  const result: [string, unknown][] = [];
  const take = (name: string, count: number) => {
    const from = taken.get(name) ?? 0;
    const found = lists.get(name)?.slice(from, from + count) ?? [];
    taken.set(name, from + found.length);
    for (const segment of found) result.push([name, segment]);
  };
  order.forEach((name, index) => take(name, last.get(name) === index ? Infinity : 1));
  for (const name of lists.keys()) take(name, Infinity);
  return result;
}

/**
 * Builds the line of a segment. Each field is put at its index in a list; `join` turns missing fields into empty
 * text.
 */
function* segmentLine(name: string, segment: unknown, delimiters: Delimiters): Generator<void, string> {
  if (!isRecord(segment)) throw formWrong(name, 'a segment must be an object of fields', 'segment');
  const { raw } = segment;
  if (typeof raw === 'string') return yield* changedLine(name, segment, raw, delimiters);
  const isHeader = name === 'MSH';
  const fields: string[] = [];
  let done = 0;
  for (const key in segment) {
    if (key === 'raw') continue;
    const number = partNumber(key, 'f', name);
    const value = segment[key];
    // MSH-1 is the field separator itself, so it is not an element of the list.
    if (isHeader && number < 3) fields[0] = onlyText(segment['f2']) ?? '^~\\&';
    else {
      const text = value === undefined || value === null ? '' : yield* fieldOrRaw(segment, key, value, delimiters, name);
      fields[isHeader ? number - 2 : number - 1] = text;
      done += text.length + PART_COST;
    }
    if (done < LONG) continue;
    done = 0;
    yield;
  }
  if (isHeader && 'f1' in segment && !('f2' in segment) && fields.length === 1) return name;
  if (isHeader && fields.length > 0) fields[0] ??= '^~\\&';
  return fields.length === 0 ? name : name + delimiters.field + fields.join(delimiters.field);
}

function* fieldOrRaw(
  segment: Readonly<Record<string, unknown>>,
  field: string,
  value: unknown,
  delimiters: Delimiters,
  name: string,
): Generator<void, string> {
  const written = yield* fieldSteps(value, delimiters, `${name}.${field}`);
  const raw = isRecord(segment['raw']) ? segment['raw'][field] : undefined;
  if (typeof raw !== 'string') return written;
  const read = raw.length > LONG ? yield* longFieldForm(raw, delimiters) : fieldForm(raw, delimiters);
  return (yield* fieldSteps(read.value, delimiters, '')) === written ? raw : written;
}

/**
 * Returns the text of a field. A plain text or number means one repetition with one component; mappings usually
 * produce this.
 */
function fieldLine(value: unknown, delimiters: Delimiters, place: string): string {
  const repetitions = Array.isArray(value) ? (value as unknown[]) : [value];
  return repetitions.map((repetition) => joined(repetition, 'c', delimiters.component, delimiters, place)).join(delimiters.repetition);
}

/** Does the same as `fieldLine`, but some repetitions per step. */
function* fieldSteps(value: unknown, delimiters: Delimiters, place: string): Generator<void, string> {
  if (!Array.isArray(value) || value.length * PART_COST < LONG) return fieldLine(value, delimiters, place);
  const pieces: string[] = [];
  for (let from = 0; from < value.length; from += LONG / PART_COST) {
    pieces.push(fieldLine(value.slice(from, from + LONG / PART_COST), delimiters, place));
    yield;
  }
  return pieces.join(delimiters.repetition);
}

function joined(value: unknown, letter: 'c' | 's', separator: string, delimiters: Delimiters, place: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return escapeHl7(String(value), delimiters);
  if (!isRecord(value)) throw formWrong(place, 'a list is used where text or an object is expected', 'list');
  const texts: string[] = [];
  for (const key in value) {
    if (letter === 'c' && key.includes('s')) return changedRepetition('', value, delimiters, place);
    const part = value[key];
    if (letter === 's' && isRecord(part)) throw formWrong(place, 'a subcomponent must be text', 'subcomponent');
    texts[partNumber(key, letter, place) - 1] = joined(part, 's', delimiters.subcomponent, delimiters, place);
  }
  return texts.join(separator);
}

function partNumber(key: string, letter: 'f' | 'c' | 's', place: string): number {
  const number = Number(key.slice(1));
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PARTS && key === letter + number) return number;
  throw formWrong(place, `its parts must be named ${letter}1 to ${letter}${MAX_PARTS}`, 'parts');
}

function delimitersOf(form: Readonly<Record<string, unknown>>): Delimiters {
  const headers = form['MSH'];
  const header: unknown = Array.isArray(headers) ? headers[0] : undefined;
  if (!isRecord(header)) throw formWrong('MSH', 'the message has no MSH segment', 'msh');
  return readHl7(`MSH${onlyText(header['f1']) ?? '|'}${onlyText(header['f2']) ?? '^~\\&'}`).delimiters;
}
