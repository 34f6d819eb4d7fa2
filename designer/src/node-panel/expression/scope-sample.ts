/**
 * Everything that the paths and expressions of a field can read, as a tree of places with their paths. It is derived
 * from a sample. Pure.
 */
import { pathStep, shapeOf, type Shape } from '../../model/schema/sample-shape.ts';

/** Sample values of everything that a field can read. A value that is absent is not known. */
export interface ScopeSample {
  readonly data?: unknown;
  readonly headers?: unknown;
  readonly keys?: unknown;
  /** Outputs of earlier nodes by id; the output of a node is undefined if it is not known. */
  readonly nodes?: Readonly<Record<string, unknown>>;
  /** The output of the node itself, for fields that refer to its result. */
  readonly output?: unknown;
  /** The values for the first item, if the field is inside a loop of a mapping. */
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
  /** The last step of the path, as displayed. */
  readonly name: string;
  /** Shown beside the name, for example the label of a node. */
  readonly note?: string;
  readonly type: 'object' | 'list' | 'text' | 'number' | 'boolean' | 'null' | 'unknown';
  /** A short form of a plain value. */
  readonly preview?: string;
  readonly places: readonly SamplePlace[];
}

const PREVIEW_CHARS = 40;

/** Returns the places at the top, such as `data`, with all places that the sample contains below them. */
export function scopePlaces(sample: ScopeSample, nodes: readonly NodeName[] = []): readonly SamplePlace[] {
  return [
    ...loopPlaces(sample.loop),
    placeOf('data', 'data', sample.data),
    placeOf('headers', 'headers', sample.headers),
    placeOf('keys', 'keys', sample.keys),
    ...nodes.map(({ id, label }) => ({ ...placeOf(`nodes.${id}`, `nodes.${id}`, sample.nodes?.[id]), note: label })),
    { path: 'now', name: 'now', type: 'number' as const, places: [] },
  ];
}

function loopPlaces(loop: SampleLoop | undefined): readonly SamplePlace[] {
  if (loop === undefined) return [];
  const { item, outer } = loop;
  const own = [placeOf('item', 'item', item), placeOf('index', 'index', 0)];
  return outer === undefined ? own : [...own, placeOf('outer.item', 'outer.item', outer.item), placeOf('outer.index', 'outer.index', 0)];
}

/** Returns the places inside one value. Their paths are relative to the value. */
export function valuePlaces(value: unknown): readonly SamplePlace[] {
  return inside('', shapeOf(value));
}

/** Returns the places that may follow the last dot of a path. */
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

/** Returns a plain value shortened to a few characters. */
export function previewOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'object') return value === null ? 'null' : undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text;
}

function placeOf(path: string, name: string, value: unknown): SamplePlace {
  return value === undefined ? { path, name, type: 'unknown', places: [] } : shapePlace(path, name, shapeOf(value));
}

function shapePlace(path: string, name: string, shape: Shape): SamplePlace {
  const [type = 'unknown', ...others] = shape.types;
  const preview = previewOf(type === 'null' ? null : shape.example);
  return {
    path,
    name,
    type: others.length === 0 ? type : 'unknown',
    places: inside(path, shape),
    ...(preview === undefined ? {} : { preview }),
  };
}

function inside(path: string, { fields = [], items }: Shape): readonly SamplePlace[] {
  const named = fields.flatMap(({ name, shape }): readonly SamplePlace[] => {
    const step = pathStep(name);
    return step === undefined ? [] : [shapePlace(path === '' ? step : `${path}.${step}`, name, shape)];
  });
  return items === undefined ? named : [...named, shapePlace(`${path}[0]`, '[0]', items)];
}
