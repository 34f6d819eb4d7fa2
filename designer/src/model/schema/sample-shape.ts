/**
 * The shape of sample data: fields, their types, and an example. The trees of the mapping editor and the completion use
 * it.
 */

export type ShapeType = 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null';

export interface Shape {
  /** The types, in a fixed order; several if samples differ. */
  readonly types: readonly ShapeType[];
  readonly fields?: readonly ShapeField[];
  /** The merged shape of a list's items. */
  readonly items?: Shape;
  /** The first text, number or boolean seen; long texts are truncated. */
  readonly example?: string | number | boolean;
  /** True if some parts were left out because there are too many. */
  readonly isCut?: true;
}

export interface ShapeField {
  readonly name: string;
  readonly shape: Shape;
  /** True if some samples lack the field. */
  readonly isOptional: boolean;
}

const DEPTH = 24;
const FIELDS_PER_OBJECT = 500;
const PLACES = 5000;
const ITEMS_LOOKED_AT = 50;
const EXAMPLE_CHARACTERS = 80;
const TYPE_ORDER: readonly ShapeType[] = ['object', 'list', 'text', 'number', 'boolean', 'null'];

/**
 * Returns the shape of one sample. Parts that are nested too deeply, and parts above a maximum number, are left out;
 * the shape is then marked as cut.
 */
export function shapeOf(sample: unknown): Shape {
  return look(sample, 0, { left: PLACES });
}

/**
 * Returns the shape that fits all samples; undefined if there are none. A field that some samples lack is optional.
 */
export function shapeOfSamples(samples: readonly unknown[]): Shape | undefined {
  return samples
    .map(shapeOf)
    .reduce<Shape | undefined>((merged, shape) => (merged === undefined ? shape : mergeShapes(merged, shape)), undefined);
}

/** Returns a shape that fits the data of both shapes. The fields of `a` come first, then those that only `b` has. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  const types = TYPE_ORDER.filter((type) => a.types.includes(type) || b.types.includes(type));
  const fields = mergedFields(a, b);
  const items = a.items === undefined ? b.items : b.items === undefined ? a.items : mergeShapes(a.items, b.items);
  const example = a.example ?? b.example;
  return {
    types,
    ...(fields === undefined ? {} : { fields }),
    ...(items === undefined ? {} : { items }),
    ...(example === undefined ? {} : { example }),
    ...(a.isCut === true || b.isCut === true ? { isCut: true as const } : {}),
  };
}

function mergedFields(a: Shape, b: Shape): readonly ShapeField[] | undefined {
  if (a.fields === undefined || b.fields === undefined) return a.fields ?? b.fields;
  const others = new Map(b.fields.map((field) => [field.name, field]));
  const own = a.fields.map((field) => {
    const other = others.get(field.name);
    others.delete(field.name);
    if (other === undefined) return { ...field, isOptional: true };
    return { name: field.name, shape: mergeShapes(field.shape, other.shape), isOptional: field.isOptional || other.isOptional };
  });
  return [...own, ...[...others.values()].map((field) => ({ ...field, isOptional: true }))];
}

function look(value: unknown, depth: number, room: { left: number }): Shape {
  room.left -= 1;
  if (Array.isArray(value)) return lookAtList(value, depth, room);
  // Bytes have no fields.
  if (value instanceof Uint8Array) return { types: ['object'] };
  if (typeof value === 'object' && value !== null) return lookAtObject(value as Readonly<Record<string, unknown>>, depth, room);
  if (typeof value === 'string') return { types: ['text'], example: value.slice(0, EXAMPLE_CHARACTERS) };
  if (typeof value === 'number') return { types: ['number'], example: value };
  if (typeof value === 'boolean') return { types: ['boolean'], example: value };
  return { types: ['null'] };
}

function lookAtObject(value: Readonly<Record<string, unknown>>, depth: number, room: { left: number }): Shape {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  const fields: ShapeField[] = [];
  for (const [name, field] of entries.slice(0, FIELDS_PER_OBJECT)) {
    if (depth >= DEPTH || room.left <= 0) break;
    fields.push({ name, shape: look(field, depth + 1, room), isOptional: false });
  }
  return { types: ['object'], fields, ...(fields.length < entries.length ? { isCut: true as const } : {}) };
}

function lookAtList(value: readonly unknown[], depth: number, room: { left: number }): Shape {
  let items: Shape | undefined;
  let seen = 0;
  for (const item of value.slice(0, ITEMS_LOOKED_AT)) {
    if (depth >= DEPTH || room.left <= 0) break;
    const shape = look(item, depth + 1, room);
    items = items === undefined ? shape : mergeShapes(items, shape);
    seen += 1;
  }
  return { types: ['list'], ...(items === undefined ? {} : { items }), ...(seen < value.length ? { isCut: true as const } : {}) };
}

/** One place in a shape, as a row of a tree. */
export interface ShapePath {
  /**
   * The path in the notation of conditions, mappings and expressions: `data.orders[0].code`. Names with other
   * characters are in backquotes.
   */
  readonly path: string;
  /**
   * If the place is in a list: the innermost list, and the path from an item of it. For example `data.orders` and
   * `item.code`.
   */
  readonly inLoop?: { readonly list: string; readonly path: string };
  /** The name of the place; `[0]` for the items of a list. */
  readonly name: string;
  readonly depth: number;
  readonly shape: Shape;
  readonly isOptional: boolean;
}

/** Returns every place of the shape that a path can name, the root first. */
export function paths(shape: Shape, root = 'data'): readonly ShapePath[] {
  const found: ShapePath[] = [];
  collect({ path: root, name: root, depth: 0, shape, isOptional: false }, found);
  return found;
}

function collect(here: ShapePath, found: ShapePath[]): void {
  found.push(here);
  for (const { name, shape, isOptional } of here.shape.fields ?? []) {
    const step = pathStep(name);
    if (step === undefined) continue;
    const inLoop = here.inLoop && { list: here.inLoop.list, path: `${here.inLoop.path}.${step}` };
    collect(
      { path: `${here.path}.${step}`, name, depth: here.depth + 1, shape, isOptional, ...(inLoop === undefined ? {} : { inLoop }) },
      found,
    );
  }
  if (here.shape.items === undefined) return;
  collect(
    {
      path: `${here.path}[0]`,
      inLoop: { list: here.inLoop?.path ?? here.path, path: 'item' },
      name: '[0]',
      depth: here.depth + 1,
      shape: here.shape.items,
      isOptional: false,
    },
    found,
  );
}

const UNREADABLE: readonly string[] = ['__proto__', 'constructor', 'prototype', ''];

/**
 * Returns a field's name as a step of a scope path (`engine/contract/flow/scope-path.ts`); undefined if no path can
 * name it.
 */
export function pathStep(name: string): string | undefined {
  if (UNREADABLE.includes(name) || name.includes('`')) return undefined;
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `\`${name}\``;
}
