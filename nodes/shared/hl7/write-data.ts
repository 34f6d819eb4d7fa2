/**
 * Writes segments of the data of `hl7.parse@2` (`message-data.ts`). Every part is compared with the segment as received
 * (`raw`): equal parts keep their original text, and only the others are written from the data.
 */
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { escapeHl7, unescapeHl7 } from './escapes.ts';
import { componentKey, LONG, MAX_PARTS, PART_COST, split, subcomponentKey } from './form-limits.ts';
import { formWrong } from './form-wrong.ts';
import type { Delimiters } from './message.ts';

/** Writes a segment over its original line. */
export function* changedLine(
  name: string,
  segment: Readonly<Record<string, unknown>>,
  raw: string,
  delimiters: Delimiters,
): Generator<void, string> {
  const isHeader = name === 'MSH';
  const fields = raw.split(delimiters.field, MAX_PARTS + 1);
  // A segment that was copied under another name, or into a message with other delimiters, is written from its data.
  if (fields[0] !== name) fields.splice(0, Infinity, name);
  const given = new Set<number>();
  let done = 0;
  for (const key in segment) {
    if (key === 'raw') continue;
    const number = fieldNumber(key, name);
    if (isHeader && number === 1) continue;
    const index = isHeader ? number - 1 : number;
    given.add(index);
    const original = fields[index] ?? '';
    const value = segment[key];
    const text =
      isHeader && number === 2 ? (onlyText(value) ?? '^~\\&') : yield* changedField(original, value, delimiters, `${name}.${key}`);
    fields[index] = text;
    done += text.length + PART_COST;
    if (done < LONG) continue;
    done = 0;
    yield;
  }
  for (let index = 1; index < fields.length; index++) if (!given.has(index) || fields[index] === undefined) fields[index] = '';
  if (isHeader && fields.length > 1 && fields[1] === '') fields[1] = '^~\\&';
  return fields.join(delimiters.field);
}

/** Returns the one text of a field such as MSH-2, in each form that data can have. */
export function onlyText(field: unknown): string | undefined {
  const repetition: unknown = Array.isArray(field) ? field[0] : field;
  const component = isRecord(repetition) ? repetition['c1'] : repetition;
  return typeof component === 'string' ? component : undefined;
}

function* changedField(original: string, value: unknown, delimiters: Delimiters, place: string): Generator<void, string> {
  if (value === undefined || value === null) return '';
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const { repetition } = delimiters;
  const originals = split(original, repetition);
  if (given.length === 1) return changedRepetition(originals[0]!, given[0], delimiters, place);
  const texts: string[] = [];
  let done = 0;
  for (let index = 0; index < given.length; index++) {
    const text = changedRepetition(originals[index] ?? '', given[index], delimiters, place);
    texts.push(text);
    done += text.length + PART_COST;
    if (done < LONG) continue;
    done = 0;
    yield;
  }
  return texts.join(repetition);
}

/** Writes one repetition of a field over its original text; `''` if it has none. */
export function changedRepetition(original: string, value: unknown, delimiters: Delimiters, place: string): string {
  if (value === undefined || value === null) return '';
  if (isRecord(value) && isUnchanged(original, value, delimiters)) return original;
  const components = split(original, delimiters.component);
  if (!isRecord(value))
    return components.length === 1
      ? changedComponent(original, plainText(value, place), undefined, delimiters, place)
      : escapeHl7(plainText(value, place), delimiters);
  const texts: (string | undefined)[] = [];
  const parts: (Map<number, string> | undefined)[] = [];
  for (const key in value) {
    const [component, subcomponent] = partNumbers(key, place);
    const part = value[key];
    if (part === undefined || part === null) continue;
    if (subcomponent !== undefined) (parts[component] ??= new Map<number, string>()).set(subcomponent, plainText(part, place));
    else if (isRecord(part)) parts[component] = oldSubcomponents(part, place);
    else texts[component] = plainText(part, place);
  }
  const count = Math.max(components.length, texts.length - 1, parts.length - 1);
  for (let index = 0; index < count; index++) {
    components[index] = changedComponent(components[index] ?? '', texts[index + 1], parts[index + 1], delimiters, place);
  }
  return components.join(delimiters.component);
}

/** Returns whether data is exactly what reading the original gives. Nearly all data is, so this allocates little. */
function isUnchanged(original: string, value: Readonly<Record<string, unknown>>, delimiters: Delimiters): boolean {
  const components = split(original, delimiters.component);
  let left = Object.keys(value).length;
  for (let index = 0; index < components.length; index++) {
    const text = components[index]!;
    if (text === '') continue;
    const whole = unescapeHl7(text, delimiters);
    if (value[componentKey(index + 1)] !== whole) return false;
    left -= 1;
    const parts = split(text, delimiters.subcomponent);
    for (let at = 0; at < parts.length; at++) {
      const part = parts[at]!;
      if (part === '') continue;
      if (value[subcomponentKey(index + 1, at + 1)] !== (parts.length === 1 ? whole : unescapeHl7(part, delimiters))) return false;
      left -= 1;
    }
  }
  return left === 0;
}

/** The component as `{s1, s2 …}`, as version 1 has it and mappings may still build it. */
function oldSubcomponents(value: Readonly<Record<string, unknown>>, place: string): Map<number, string> {
  const parts = new Map<number, string>();
  for (const key in value) {
    const number = Number(key.slice(1));
    if (key !== `s${number}` || !isPart(number)) throw formWrong(place, `its parts must be named s1 to s${MAX_PARTS}`, 'parts');
    const part = value[key];
    if (isRecord(part)) throw formWrong(place, 'a subcomponent must be text', 'subcomponent');
    if (part !== undefined && part !== null) parts.set(number, plainText(part, place));
  }
  return parts;
}

/**
 * Writes a component whose text and subcomponents may both be given. If only one of them differs from the original, that
 * one is the change.
 */
function changedComponent(
  original: string,
  text: string | undefined,
  parts: ReadonlyMap<number, string> | undefined,
  delimiters: Delimiters,
  place: string,
): string {
  if (text === undefined && parts === undefined) return '';
  const hasText = text === undefined || text === unescapeHl7(original, delimiters);
  const hasParts = parts === undefined || isSame(parts, original, delimiters);
  if (hasText && hasParts) return original;
  if (hasParts) return escapeHl7(text!, delimiters);
  const joined = joinedParts(parts!, delimiters, (part) => escapeHl7(part, delimiters), place);
  if (hasText || text === joinedParts(parts!, delimiters, String, place)) return joined;
  throw formWrong(place, 'the text of a component and its subcomponents contradict each other', 'contradiction');
}

function isSame(parts: ReadonlyMap<number, string>, original: string, delimiters: Delimiters): boolean {
  const originals = split(original, delimiters.subcomponent);
  let found = 0;
  for (let index = 0; index < originals.length; index++) {
    const part = originals[index]!;
    const given = parts.get(index + 1);
    if (given === undefined ? part !== '' : given !== unescapeHl7(part, delimiters)) return false;
    if (given !== undefined) found += 1;
  }
  return found === parts.size;
}

function joinedParts(
  parts: ReadonlyMap<number, string>,
  { subcomponent }: Delimiters,
  write: (part: string) => string,
  place: string,
): string {
  const texts: string[] = [];
  for (const [number, part] of parts) texts[number - 1] = write(part);
  if (subcomponent === '' && texts.length > 1)
    throw formWrong(place, 'the message has no delimiter for subcomponents (MSH-2)', 'subcomponent');
  return texts.join(subcomponent);
}

function plainText(value: unknown, place: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw formWrong(place, 'a list is used where text or an object is expected', 'list');
}

function fieldNumber(key: string, place: string): number {
  const number = Number(key.slice(1));
  if (key === `f${number}` && isPart(number)) return number;
  throw formWrong(place, `its parts must be named f1 to f${MAX_PARTS}`, 'parts');
}

const PART = /^c(\d{1,5})(?:s(\d{1,5}))?$/;
/** The numbers of the parts that nearly all messages use. */
const KNOWN_PARTS: ReadonlyMap<string, PartNumbers> = new Map(
  Array.from({ length: 40 }, (_, index) => index + 1).flatMap((number): [string, PartNumbers][] => [
    [`c${number}`, [number, undefined]],
    [`c${number}s1`, [number, 1]],
    [`c${number}s2`, [number, 2]],
    [`c${number}s3`, [number, 3]],
  ]),
);
type PartNumbers = readonly [component: number, subcomponent: number | undefined];

function partNumbers(key: string, place: string): PartNumbers {
  const known = KNOWN_PARTS.get(key);
  if (known !== undefined) return known;
  const [, component, subcomponent] = PART.exec(key) ?? [];
  const numbers: PartNumbers = [Number(component), subcomponent === undefined ? undefined : Number(subcomponent)];
  if (component !== undefined && numbers.every((number) => number === undefined || isPart(number))) return numbers;
  throw formWrong(place, `its parts must be named c1 to c${MAX_PARTS} or c1s1`, 'parts');
}

function isPart(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= MAX_PARTS;
}
