/**
 * What the HL7 v2 standard says of each version: the fields of segments, the components of types and the segments of
 * messages. The files are read when a version is first needed.
 */
import { readFileSync } from 'node:fs';

export const HL7_VERSIONS = ['2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8'] as const;
export type Hl7Version = (typeof HL7_VERSIONS)[number];

export interface FieldRule {
  readonly type: string;
  readonly isRequired: boolean;
  /** Infinity if the standard gives no number. */
  readonly mostRepetitions: number;
  readonly mostCharacters: number;
}

export interface Hl7Dictionary {
  readonly segments: ReadonlyMap<string, readonly FieldRule[]>;
  /** The types of the components; a primitive type has no entry. */
  readonly types: ReadonlyMap<string, readonly string[]>;
  /** Names of the segments that each message must have, by `ADT_A01`. */
  readonly required: ReadonlyMap<string, readonly string[]>;
  readonly allowed: ReadonlyMap<string, ReadonlySet<string>>;
}

const read = new Map<Hl7Version, Hl7Dictionary>();

export function hl7Dictionary(version: Hl7Version): Hl7Dictionary {
  const known = read.get(version);
  if (known !== undefined) return known;
  const dictionary = readDictionary(version);
  read.set(version, dictionary);
  return dictionary;
}

interface DictionaryFile {
  readonly segments: Readonly<Record<string, readonly string[]>>;
  readonly types: Readonly<Record<string, readonly string[]>>;
  readonly messages: Readonly<Record<string, string>>;
}

function readDictionary(version: Hl7Version): Hl7Dictionary {
  const file = JSON.parse(readFileSync(new URL(`./dictionary/${version}.json`, import.meta.url), 'utf8')) as DictionaryFile;
  const messages = Object.entries(file.messages).map(([name, text]) => [name, text.split(' ')] as const);
  const plain = (segment: string) => segment.replace('!', '');
  return {
    segments: new Map(Object.entries(file.segments).map(([name, fields]) => [name, fields.map(fieldRule)])),
    types: new Map(Object.entries(file.types)),
    required: new Map(messages.map(([name, segments]) => [name, segments.filter((one) => one.endsWith('!')).map(plain)])),
    allowed: new Map(messages.map(([name, segments]) => [name, new Set(segments.map(plain))])),
  };
}

/** Reads `CX!*:250`; the notation is described in `scripts/generate-hl7-dictionary.mjs`. */
function fieldRule(text: string): FieldRule {
  const [, type = '', required, repeats, most, length] = /^([A-Z0-9_]*)(!?)(\*?)(\d*)(?::(\d+))?$/.exec(text) ?? [];
  return {
    type,
    isRequired: required === '!',
    mostRepetitions: repeats !== '*' ? 1 : most === '' ? Infinity : Number(most),
    mostCharacters: length === undefined ? Infinity : Number(length),
  };
}
