/** A payload as a tree of named parts with their paths, and the search in it. Pure. */
import { pathStep } from '../model/schema/sample-shape.ts';

export interface TreePart {
  readonly name: string;
  /**
   * The path of the part. It is written as in expressions (`data.patient.names[0]`), in XML as in XPath. It is unique
   * within a tree.
   */
  readonly path: string;
  /** The value as text; absent if the value has parts. */
  readonly text?: string;
  /** Number of parts, in braces for an object or in square brackets for a list: `{3}`, `[12]`. */
  readonly size?: string;
  parts(): readonly TreePart[];
}

export const NONE = () => [];

export function jsonPart(name: string, path: string, value: unknown): TreePart {
  if (typeof value !== 'object' || value === null) return { name, path, text: plainText(value), parts: NONE };
  const isList = Array.isArray(value);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return {
    name,
    path,
    size: isList ? `[${entries.length}]` : `{${entries.length}}`,
    parts: () => entries.map(([key, part]) => jsonPart(key, isList ? `${path}[${key}]` : `${path}${member(key)}`, part)),
  };
}

/**
 * Returns the text of a value. A text of several lines is shown as lines; its line ends become line feeds, because HL7
 * ends segments with a carriage return. Any other value is shown as JSON.
 */
function plainText(value: unknown): string {
  const isLines = typeof value === 'string' && /[\r\n]/.test(value);
  return isLines ? value.replaceAll(/\r\n?/g, '\n') : (JSON.stringify(value) ?? 'null');
}

/**
 * Returns a field's name as a step of a path. Names with other characters are in backquotes, as in expressions and
 * mappings.
 */
function member(key: string): string {
  return `.${pathStep(key) ?? `\`${key}\``}`;
}

export interface Found {
  readonly count: number;
  /** Paths of the matches and their ancestors. If undefined, everything is shown. */
  readonly paths: ReadonlySet<string> | undefined;
}

const MOST_LOOKED_AT = 50_000;

/** Returns parts whose name or value contains the query. */
export function findParts(root: TreePart, query: string): Found {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return { count: 0, paths: undefined };
  const paths = new Set<string>();
  let count = 0;
  let left = MOST_LOOKED_AT;
  const look = (part: TreePart): boolean => {
    left -= 1;
    const isFit = part.name.toLowerCase().includes(wanted) || part.text?.toLowerCase().includes(wanted) === true;
    if (isFit) count += 1;
    let hasFit = isFit;
    for (const inner of left > 0 ? part.parts() : []) hasFit = look(inner) || hasFit;
    if (hasFit) paths.add(part.path);
    return hasFit;
  };
  look(root);
  return { count, paths };
}
