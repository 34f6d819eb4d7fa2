/** What a field's paths and expressions can read, as a sample shows it: a tree of places with their paths. Pure. */
import { isRecord } from './field-schema.ts';

/** Absent parts are unknown. */
export interface ScopeSample {
  readonly data?: unknown;
  readonly headers?: unknown;
  readonly keys?: unknown;
  /** Outputs of the nodes before, by id; undefined where none is known. */
  readonly nodes?: Readonly<Record<string, unknown>>;
  /** What the node itself gave out, for fields that speak of its result. */
  readonly output?: unknown;
  /** Inside a loop of a mapping: its first round. */
  readonly loop?: SampleLoop;
}

export interface SampleLoop {
  readonly item: unknown;
  readonly outer?: SampleLoop;
}

export interface NodeName {
  readonly id: string;
  readonly label: string;
}

export interface SamplePlace {
  readonly path: string;
  /** Last step, as it is shown. */
  readonly name: string;
  /** Beside the name: the label of a node. */
  readonly note?: string;
  readonly type: 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null' | 'unknown';
  /** A short picture of a plain value. */
  readonly preview?: string;
  readonly places: readonly SamplePlace[];
}

const MAX_DEPTH = 8;
const MAX_FIELDS = 200;
const PREVIEW_CHARS = 40;

/** Roots of the scope with everything that the sample shows below them. */
export function scopePlaces(sample: ScopeSample, nodes: readonly NodeName[] = []): readonly SamplePlace[] {
  return [
    ...loopPlaces(sample.loop),
    placeOf('data', 'data', sample.data, 0),
    placeOf('headers', 'headers', sample.headers, 0),
    placeOf('keys', 'keys', sample.keys, 0),
    ...nodes.map(({ id, label }) => ({ ...placeOf(`nodes.${id}`, `nodes.${id}`, sample.nodes?.[id], 0), note: label })),
    { path: 'now', name: 'now', type: 'number' as const, places: [] },
  ];
}

function loopPlaces(loop: SampleLoop | undefined): readonly SamplePlace[] {
  if (loop === undefined) return [];
  const { item, outer } = loop;
  const own = [placeOf('item', 'item', item, 0), placeOf('index', 'index', 0, 0)];
  return outer === undefined
    ? own
    : [...own, placeOf('outer.item', 'outer.item', outer.item, 0), placeOf('outer.index', 'outer.index', 0, 0)];
}

/** Places inside one value, with paths that begin inside it. */
export function valuePlaces(value: unknown): readonly SamplePlace[] {
  return inside('', value, 0);
}

/** The places that a path leads to so far: what may stand behind its last dot. */
export function placesBehind(places: readonly SamplePlace[], path: string): readonly SamplePlace[] {
  for (const place of places) {
    if (place.path === path) return place.places;
    if (path.startsWith(`${place.path}.`) || path.startsWith(`${place.path}[`)) {
      const found = placesBehind(place.places, path);
      if (found.length > 0) return found;
    }
  }
  return [];
}

export function allPlaces(places: readonly SamplePlace[]): readonly SamplePlace[] {
  return places.flatMap((place) => [place, ...allPlaces(place.places)]);
}

/** `.name`, or in backquotes where the name has other characters. The same for scope paths and JSONata. */
export function pathStep(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `\`${name}\``;
}

/** A plain value in a few characters. */
export function previewOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'object') return value === null ? 'null' : undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text;
}

function placeOf(path: string, name: string, value: unknown, depth: number): SamplePlace {
  const preview = previewOf(value);
  return { path, name, type: typeOf(value), places: inside(path, value, depth), ...(preview === undefined ? {} : { preview }) };
}

function inside(path: string, value: unknown, depth: number): readonly SamplePlace[] {
  if (depth >= MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.length === 0 ? [] : [placeOf(`${path}[0]`, '[0]', value[0], depth + 1)];
  if (!isRecord(value) || value instanceof Uint8Array) return [];
  return Object.entries(value)
    .filter(([name]) => name !== '' && !name.includes('`'))
    .slice(0, MAX_FIELDS)
    .map(([name, field]) => placeOf(path === '' ? pathStep(name) : `${path}.${pathStep(name)}`, name, field, depth + 1));
}

function typeOf(value: unknown): SamplePlace['type'] {
  if (value === undefined) return 'unknown';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'object':
      return 'object';
    default:
      return 'unknown';
  }
}
