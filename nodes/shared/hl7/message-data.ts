/**
 * A message as plain data for mappings, conditions and expressions, since `hl7.parse@2`. Its paths do not depend
 * on the sender: PID-3.4 is always text at `data.PID[0].f3[0].c4`, and PID-3.4.1 is always `data.PID[0].f3[0].c4s1`.
 * - `order`, `end`, `lead`, `other`: as in `form.ts`.
 * - Segment: `f1`, `f2` … by HL7 number, each a list of repetitions. `raw` is its text as received.
 * - Repetition: `c1`, `c2` … the texts of the components with escapes decoded, and `c1s1`, `c1s2` … their subcomponents. A
 *   component without subcomponents has only `s1`, which is its text.
 * - Empty parts are left out everywhere.
 * `write-form.ts` writes parts that are unchanged since they were received from `raw`, byte for byte.
 */
import { runSynchronously } from '../in-turns.ts';
import { unescapeHl7 } from './escapes.ts';
import { componentKey, fieldKey, LONG, MAX_PARTS, PART_COST, SEGMENT, split, subcomponentKey } from './form-limits.ts';
import { segmentName, tooMany, type Delimiters, type Hl7Message } from './message.ts';

export interface Hl7Data {
  readonly order: readonly string[];
  /** The line end; a list if the segments have different ones (the last may have none). */
  readonly end: string | readonly string[];
  readonly lead?: string;
  readonly other?: readonly string[];
  readonly [segment: string]: unknown;
}

type Repetition = Record<string, string>;

export function toHl7Data(message: Hl7Message): Hl7Data {
  return runSynchronously(dataSteps(message));
}

/** Converts a message to data, a few kilobytes per step. Throws HL7_TOO_MANY_PARTS (input). */
export function* dataSteps(message: Hl7Message): Generator<void, Hl7Data> {
  const order: string[] = [];
  const lists: Record<string, unknown[]> = {};
  for (const line of message.segments) {
    const name = segmentName(line, message.delimiters);
    const isSegment = SEGMENT.test(name);
    const key = isSegment ? name : 'other';
    order.push(key);
    (lists[key] ??= []).push(isSegment ? yield* segmentSteps(line, message.delimiters) : line);
    yield;
  }
  const first = message.ends[0] ?? '\r';
  const isUniform = first !== '' && message.ends.every((end) => end === first);
  return { order, end: isUniform ? first : message.ends, ...(message.lead === '' ? {} : { lead: message.lead }), ...lists };
}

function* segmentSteps(line: string, delimiters: Delimiters): Generator<void, Record<string, unknown>> {
  const isHeader = line.startsWith('MSH');
  const parts = line.split(delimiters.field, MAX_PARTS + 2);
  if (parts.length > MAX_PARTS + 1) throw tooMany('fields', MAX_PARTS);
  const segment: Record<string, unknown> = {};
  let done = 0;
  if (isHeader) segment['f1'] = plainField(delimiters.field);
  for (let index = 1; index < parts.length; index++) {
    const text = parts[index]!;
    if (text === '') continue;
    const key = fieldKey(isHeader ? index + 1 : index);
    if (isHeader && index === 1) segment[key] = plainField(text);
    else segment[key] = text.length > LONG ? yield* longField(text, delimiters) : fieldOf(text, delimiters);
    done += text.length + PART_COST;
    if (done < LONG) continue;
    done = 0;
    yield;
  }
  segment['raw'] = line;
  return segment;
}

function plainField(text: string): Repetition[] {
  return [{ c1: text, c1s1: text }];
}

function fieldOf(text: string, delimiters: Delimiters): Repetition[] {
  const { repetition } = delimiters;
  if (repetition === '' || !text.includes(repetition)) return [repetitionOf(text, delimiters)];
  return text.split(repetition).map((one) => repetitionOf(one, delimiters));
}

function* longField(text: string, delimiters: Delimiters): Generator<void, Repetition[]> {
  const field: Repetition[] = [];
  let done = 0;
  for (const one of split(text, delimiters.repetition)) {
    field.push(repetitionOf(one, delimiters));
    done += one.length + PART_COST;
    if (done < LONG) continue;
    done = 0;
    yield;
  }
  return field;
}

function repetitionOf(text: string, delimiters: Delimiters): Repetition {
  const result: Repetition = {};
  if (!text.includes(delimiters.component)) {
    addComponent(result, 1, text, delimiters);
    return result;
  }
  const components = text.split(delimiters.component);
  if (components.length > MAX_PARTS) throw tooMany('components', MAX_PARTS);
  for (let index = 0; index < components.length; index++) addComponent(result, index + 1, components[index]!, delimiters);
  return result;
}

function addComponent(result: Repetition, number: number, text: string, delimiters: Delimiters): void {
  if (text === '') return;
  const { subcomponent } = delimiters;
  const value = unescapeHl7(text, delimiters);
  result[componentKey(number)] = value;
  if (subcomponent === '' || !text.includes(subcomponent)) {
    result[subcomponentKey(number, 1)] = value;
    return;
  }
  const subcomponents = text.split(subcomponent);
  if (subcomponents.length > MAX_PARTS) throw tooMany('components', MAX_PARTS);
  for (let index = 0; index < subcomponents.length; index++) {
    const part = subcomponents[index]!;
    if (part !== '') result[subcomponentKey(number, index + 1)] = unescapeHl7(part, delimiters);
  }
}
