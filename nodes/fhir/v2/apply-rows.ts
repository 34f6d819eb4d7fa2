/** Applies the rows of a table to a segment, or those of a data type to a value. */
import { fhirShapes } from '../r4/shapes.ts';
import type { Places } from './condition.ts';
import type { Draft, Primitive } from './draft.ts';
import { applyLocation } from './location.ts';
import { toPrimitive, toSystem, type TimeOptions } from './primitives.ts';
import { codesNamed, segmentRows, typeRows, type Row, type Step } from './tables.ts';
import type { V2Segment, V2Value } from './v2-value.ts';

/** Writes a segment into a resource by its table, for example `PID[Patient]`. */
export function applySegment(table: string, segment: V2Segment, target: Draft, time: TimeOptions): void {
  for (const row of segmentRows(table)) {
    const field = /-(\d+)$/.exec(row.from)?.[1];
    if (field === undefined) {
      if (row.constant !== undefined && row.condition(segment))
        write(target, row, row.to, undefined, { time, slot: table, repetition: 0, places: segment });
      continue;
    }
    for (const [repetition, value] of segment.values(Number(field)).entries()) {
      const places = placesOf(row.from, value, segment);
      if (row.condition(places)) write(target, row, row.to, value, { time, slot: table, repetition, places });
    }
  }
}

interface Where {
  readonly time: TimeOptions;
  /** The table, which keeps the items of two tables in one list apart. */
  readonly slot: string;
  /** The repetition of the field; it belongs to the first list on the way. Undefined behind that list. */
  readonly repetition: number | undefined;
  readonly places: Places;
}

/** Writes one value of a segment into a resource or element by the table of its data type. */
export function applyValue(
  type: string,
  value: V2Value,
  target: Draft,
  { time, segment }: { readonly time: TimeOptions; readonly segment: V2Segment },
): void {
  applyType(type, value, target, { time, slot: '', repetition: undefined, places: segment });
}

function applyType(name: string, value: V2Value, target: Draft, where: Where): void {
  if (name === 'pl[location]') return applyLocation(value, target);
  for (const row of typeRows(name) ?? []) {
    const [, prefix = '', number = ''] = /^([A-Z]+)\.(\d+)$/.exec(row.from) ?? [];
    const part = value.part(Number(number));
    if (part === undefined) continue;
    const places = placesOf(prefix, value, where.places);
    if (row.condition(places)) write(target, row, row.to, part, { ...where, slot: '', repetition: undefined, places });
  }
}

/** Reads `CX.4` from the value at hand, `PID-13.2` from this repetition of PID-13, and other places as before. */
function placesOf(from: string, value: V2Value, outer: Places): Places {
  const within = (place: string): string | undefined => {
    if (place === from) return '';
    if (place.startsWith(`${from}.`)) return place.slice(from.length + 1);
    // A row of a segment may name the data type of its field: `CWE.3`.
    return from.includes('-') ? /^[A-Z]+\.([\d.]+)$/.exec(place)?.[1] : undefined;
  };
  return {
    text(place) {
      const rest = within(place);
      if (rest === undefined) return outer.text(place);
      const parts = rest === '' ? [] : rest.split('.').map(Number);
      return parts.reduce<V2Value | undefined>((found, part) => found?.part(part), value)?.text;
    },
    count: (place) => outer.count(place),
  };
}

function write(target: Draft, row: Row, steps: readonly Step[], value: V2Value | undefined, where: Where): void {
  const [step, ...rest] = steps;
  if (step === undefined) return;
  if (step.name === '$this') {
    if (value !== undefined) applyType(row.type, value, target, where);
    return;
  }
  const shape = target.shapeOf(step.name);
  if (shape === undefined) return;
  const isOwnList = shape.isList && where.repetition !== undefined;
  const slot = isOwnList ? `${where.slot} ${step.number} ${where.repetition}` : String(step.number);
  const next: Where = shape.isList ? { ...where, repetition: undefined } : where;
  if (step.resource !== undefined) {
    const resource = target.referred(step.name, slot, step.resource);
    if (resource === undefined) return;
    if (rest.length > 0) write(resource, row, rest, value, { ...next, repetition: undefined });
    else if (value !== undefined) applyType(row.type, value, resource, next);
    return;
  }
  if (rest.length > 0) {
    const element = target.element(step.name, slot);
    if (element !== undefined) write(element, row, rest, value, next);
    return;
  }
  const isPrimitive = fhirShapes().primitives.has(shape.type);
  if (isPrimitive && value !== undefined && fillsList(row.type, step.name)) applyType(row.type, value, target, next);
  else if (isPrimitive) {
    const primitive = primitiveOf(row, value, shape.type, next);
    if (primitive !== undefined) target.set(step.name, slot, primitive);
  } else if (value !== undefined) writeElement(target, step.name, slot, row, value, next);
}

/** True for the lines of an address: their type fills the list in which the field stands. */
function fillsList(type: string, field: string): boolean {
  const rows = typeRows(type) ?? [];
  return rows.length > 0 && rows.every(({ to }) => to[0]?.name === field);
}

function writeElement(target: Draft, field: string, slot: string, row: Row, value: V2Value, where: Where): void {
  const { type } = target.shapeOf(field)!;
  const element = target.element(field, slot);
  if (element === undefined) return;
  const coding = type === 'CodeableConcept' ? () => element.element('coding', 'mapped') : type === 'Coding' ? () => element : undefined;
  const mapped = coding === undefined ? undefined : codeOf(row.codes, value);
  if (mapped !== undefined) {
    const [code, display, system] = mapped;
    const target1 = coding!()!;
    target1.set('code', '', code);
    if (display !== '') target1.set('display', '', display);
    if (system !== '') target1.set('system', '', system);
    if (type === 'Coding') return;
  }
  if (typeRows(row.type) !== undefined) return applyType(row.type, value, element, where);
  const { text } = value;
  if (text === undefined || mapped !== undefined) return;
  if (type === 'CodeableConcept') element.set('text', '', text);
  else if (type === 'Identifier') element.set('value', '', text);
}

function codeOf(name: string, value: V2Value): readonly [code: string, display: string, system: string] | undefined {
  const codes = name === '' ? undefined : codesNamed(name);
  const { text } = value;
  return codes !== undefined && text !== undefined && Object.hasOwn(codes, text) ? codes[text] : undefined;
}

/** The value of a primitive field: a constant, a mapped code, what the rows of the data type say, or the text itself. */
function primitiveOf(row: Row, value: V2Value | undefined, type: string, where: Where): Primitive | undefined {
  if (row.constant !== undefined) return toPrimitive(row.constant, type, where.time);
  if (row.formula !== undefined) return toPrimitive(row.formula(where.places), type, where.time);
  if (value === undefined) return undefined;
  const source = valueRow(row.type, value, where);
  const codes = codesNamed(row.codes);
  if (codes !== undefined && Object.keys(codes).length > 0) {
    const [code] = codeOf(row.codes, source) ?? [];
    return code === undefined ? undefined : toPrimitive(code, type, where.time);
  }
  const { text } = source;
  if (text === undefined) return undefined;
  return toPrimitive(type === 'uri' && isSystem(row) ? toSystem(text) : text, type, where.time);
}

/** The part that the table of the data type names as the value (`$value`); without one, the value itself. */
function valueRow(name: string, value: V2Value, where: Where): V2Value {
  for (const row of typeRows(name) ?? []) {
    const [, prefix = '', number = ''] = /^([A-Z]+)\.(\d+)$/.exec(row.from) ?? [];
    const part = row.to[0]?.name === '$value' ? value.part(Number(number)) : undefined;
    if (part !== undefined && row.condition(placesOf(prefix, value, where.places))) return part;
  }
  return value;
}

function isSystem({ to }: Row): boolean {
  return to.at(-1)?.name === 'system';
}
