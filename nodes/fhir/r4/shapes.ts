/** The fields of every type of FHIR R4. `scripts/generate-fhir-shapes.mjs` writes the file and describes its notation. */
import { readFileSync } from 'node:fs';

export interface FieldShape {
  readonly type: string;
  readonly isList: boolean;
  readonly isRequired: boolean;
  /** `value` for `valueString` and the others of value[x], of which a resource has at most one. */
  readonly choice: string | undefined;
  /** The codes of a required binding. */
  readonly codes: ReadonlySet<string> | undefined;
}

export interface FhirShapes {
  readonly primitives: ReadonlyMap<string, { readonly type: string; readonly pattern: RegExp | undefined }>;
  readonly types: ReadonlyMap<string, ReadonlyMap<string, FieldShape>>;
}

interface ShapesFile {
  readonly primitives: Readonly<Record<string, readonly [type: string, pattern: string]>>;
  readonly types: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

let shapes: FhirShapes | undefined;

/** Read when first needed: 240 KB, a few milliseconds. */
export function fhirShapes(): FhirShapes {
  return (shapes ??= readShapes());
}

function readShapes(): FhirShapes {
  const file = JSON.parse(readFileSync(new URL('./shapes.json', import.meta.url), 'utf8')) as ShapesFile;
  const primitives = Object.entries(file.primitives).map(
    ([name, [type, pattern]]) => [name, { type, pattern: type !== 'string' || pattern === '' ? undefined : new RegExp(pattern) }] as const,
  );
  const types = Object.entries(file.types).map(([name, fields]) => [name, new Map(Object.entries(fields).map(readField))] as const);
  return { primitives: new Map(primitives), types: new Map(types) };
}

function readField([name, written]: [string, string | readonly string[]]): readonly [string, FieldShape] {
  const [text = '', ...codes] = typeof written === 'string' ? [written] : written;
  const [, type = '', list, required, choice] = /^(\w+)(\*?)(!?)(?:~(\w+))?$/.exec(text) ?? [];
  const isBound = typeof written !== 'string';
  return [name, { type, isList: list === '*', isRequired: required === '!', choice, codes: isBound ? new Set(codes) : undefined }];
}

/** Returns whether R4 has this resource type. A data type has no id of a resource and no meta; only resources have both. */
export function isResourceType(name: string): boolean {
  return fhirShapes().types.get(name)?.has('meta') === true;
}
