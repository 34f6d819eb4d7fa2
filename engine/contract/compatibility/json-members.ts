import { addParameter, endOfNested, endOfString } from './signed-parameters.ts';

/**
 * Adds the members of a JSON object as parameters. A string has its content as value, a number or a boolean its text,
 * null no value, and `nested` the text of its object or array, exactly as sent. Returns false if the text is no JSON
 * object, if a name occurs twice, or if another member is an object or an array.
 */
export function addMembers(to: Map<string, string>, json: string, nested: string): boolean {
  let at = skipBlanks(json, 0);
  if (json[at] !== '{') return false;
  at = skipBlanks(json, at + 1);
  if (json[at] === '}') return skipBlanks(json, at + 1) === json.length;
  for (;;) {
    const name = readString(json, at);
    if (name === undefined) return false;
    at = skipBlanks(json, name.end);
    if (json[at] !== ':') return false;
    at = skipBlanks(json, at + 1);
    const value = readValue(json, at, name.value === nested);
    if (value === undefined || !addParameter(to, name.value, value.value)) return false;
    at = skipBlanks(json, value.end);
    if (json[at] === '}') return skipBlanks(json, at + 1) === json.length;
    if (json[at] !== ',') return false;
    at = skipBlanks(json, at + 1);
  }
}

interface Found {
  readonly value: string;
  readonly end: number;
}

function readValue(json: string, start: number, isNested: boolean): Found | undefined {
  if (isNested) {
    const end = endOfNested(json, start);
    return end < 0 ? undefined : { value: json.slice(start, end), end };
  }
  if (json[start] === '"') return readString(json, start);
  const [text] = LITERAL.exec(json.slice(start, start + MAX_LITERAL)) ?? [];
  return text === undefined ? undefined : { value: text === 'null' ? '' : text, end: start + text.length };
}

const MAX_LITERAL = 40;
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?=[\s,}])/;

function readString(json: string, start: number): Found | undefined {
  const end = json[start] === '"' ? endOfString(json, start) : -1;
  if (end < 0) return undefined;
  try {
    return { value: JSON.parse(json.slice(start, end)) as string, end };
  } catch {
    return undefined;
  }
}

function skipBlanks(json: string, start: number): number {
  let at = start;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++;
  return at;
}
