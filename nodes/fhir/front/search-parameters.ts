/** Reads search parameters by their declaration (HL7 FHIR R4, search, 3.1.1.4 and 3.1.1.5). */
import { parametersOf, type Endpoint, type OfferedResource, type ParameterType, type SearchParameter } from './endpoint.ts';
import { refuse } from './refusal.ts';

export interface SearchValue {
  /** The whole value as it was written, without its escapes. */
  readonly text: string;
  /** Of dates, numbers and quantities: `eq` if none is written. */
  readonly prefix?: string;
  /** Of tokens and quantities; `''` asks for a value without a system, null for any. */
  readonly system?: string | null;
  readonly code?: string;
  readonly number?: number;
  /** Of references: the resource type, if it is written. */
  readonly type?: string | null;
  readonly id?: string;
}

export interface SearchCondition {
  readonly name: string;
  readonly modifier: string | null;
  /** One of them must match; conditions must all match. */
  readonly values: readonly SearchValue[];
}

export interface Search {
  readonly conditions: readonly SearchCondition[];
  /** The first value of each condition, by name: a short way for flows that take one. */
  readonly first: Readonly<Record<string, SearchValue>>;
  readonly count: number;
  readonly page: string | null;
  readonly sort: readonly { readonly name: string; readonly isDescending: boolean }[];
  readonly include: readonly string[];
  readonly revinclude: readonly string[];
  readonly summary: string | null;
  readonly elements: readonly string[];
  readonly total: string | null;
}

export type Pairs = readonly (readonly [name: string, value: string])[];

const MOST_PAIRS = 200;
const MOST_VALUES = 500;
const MOST_LENGTH = 5000;
const PREFIXED: ReadonlySet<ParameterType> = new Set(['date', 'number', 'quantity']);
const PREFIX = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[\d+-])/;
const DATE =
  /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?)?)?)?$/;
const NUMBER = /^[+-]?\d{1,100}(\.\d{1,100})?([eE][+-]?\d{1,3})?$/;
const MODIFIERS: Readonly<Record<ParameterType, readonly string[]>> = {
  string: ['exact', 'contains'],
  token: ['text', 'not', 'of-type'],
  uri: ['below', 'above'],
  reference: ['identifier'],
  ...{ date: [], number: [], quantity: [] },
};
/** They tell how to answer, and a server may leave them out of account. */
const IGNORED: ReadonlySet<string> = new Set(['_pretty', '_contained', '_containedType', '_score']);

/** Splits a query. `+` is a plus sign, as everywhere in the gateways; in a form it is a blank. */
export function readPairs(text: string, isForm = false): Pairs {
  const parts = text.split('&').filter((part) => part !== '');
  if (parts.length > MOST_PAIRS) throw refuse(400, 'too-costly', `There are more than ${MOST_PAIRS} parameters.`);
  return parts.map((part) => {
    const equals = part.indexOf('=');
    const decode = (piece: string) => decodeURIComponent(isForm ? piece.replaceAll('+', ' ') : piece);
    try {
      return [decode(equals < 0 ? part : part.slice(0, equals)), equals < 0 ? '' : decode(part.slice(equals + 1))] as const;
    } catch {
      throw refuse(400, 'invalid', 'The query is not percent-encoded correctly.');
    }
  });
}

/**
 * Reads the parameters of a search. With `isLenient` (`Prefer: handling=lenient`) parameters that are not declared are left
 * out; otherwise they are refused, since a search without them finds other resources.
 */
export function readSearch(pairs: Pairs, resource: OfferedResource, { mostPerPage }: Endpoint, isLenient: boolean): Search {
  const declared = new Map(parametersOf(resource).map((parameter) => [parameter.name, parameter]));
  const written: SearchCondition[] = [];
  const control = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    if (value.length > MOST_LENGTH) throw refuse(400, 'too-costly', 'A value is too long.', shown(name));
    const [, plain = '', modifier] = /^([^:]*)(?::(.*))?$/s.exec(name) ?? [];
    const parameter = declared.get(plain);
    if (parameter !== undefined) {
      if (value !== '') written.push(readCondition(parameter, modifier, value));
    } else if (CONTROLS.has(plain)) control.set(plain, [...(control.get(plain) ?? []), value]);
    else if (!IGNORED.has(plain) && !isLenient)
      throw refuse(400, 'not-supported', 'This search parameter is not supported (see the CapabilityStatement at metadata).', shown(name));
  }
  const conditions = written.filter(({ values }) => values.length > 0);
  return {
    conditions,
    first: Object.fromEntries(conditions.toReversed().map(({ name, values }) => [name, values[0]!])),
    ...readControls(control, declared, mostPerPage),
  };
}

const CONTROLS: ReadonlySet<string> = new Set([
  ...['_count', '_page', '_sort', '_include', '_revinclude', '_summary', '_elements', '_total', '_format'],
]);

function readControls(
  control: ReadonlyMap<string, string[]>,
  declared: ReadonlyMap<string, SearchParameter>,
  mostPerPage: number,
): Omit<Search, 'conditions' | 'first'> {
  const one = (name: string): string | null => control.get(name)?.at(-1) ?? null;
  const words = (name: string) => (one(name) ?? '').split(',').filter((word) => word !== '');
  const count = one('_count');
  if (count !== null && !/^\d{1,9}$/.test(count)) throw refuse(400, 'value', 'It must be a whole number.', '_count');
  const summary = oneOf('_summary', one('_summary'), ['true', 'false', 'text', 'data', 'count']);
  return {
    count: count === null ? mostPerPage : Math.min(Number(count), mostPerPage),
    page: one('_page'),
    sort: words('_sort').map((word) => {
      const name = word.replace(/^-/, '');
      if (!declared.has(name)) throw refuse(400, 'not-supported', 'Sorting by this parameter is not supported.', '_sort');
      return { name, isDescending: word.startsWith('-') };
    }),
    include: includes(control, '_include'),
    revinclude: includes(control, '_revinclude'),
    summary,
    elements: words('_elements').filter((word) => /^[A-Za-z][\w.]{0,99}$/.test(word)),
    total: oneOf('_total', one('_total'), ['none', 'estimate', 'accurate']),
  };
}

function includes(control: ReadonlyMap<string, string[]>, name: string): readonly string[] {
  const values = control.get(name) ?? [];
  for (const value of values)
    if (value !== '*' && !/^[A-Z][A-Za-z]{1,50}:(\*|[A-Za-z][\w-]{0,63})(:[A-Z][A-Za-z]{1,50})?$/.test(value))
      throw refuse(400, 'value', 'It must be written as Type:parameter.', name);
  return values;
}

function oneOf(name: string, value: string | null, allowed: readonly string[]): string | null {
  if (value === null || allowed.includes(value)) return value;
  throw refuse(400, 'value', `It must be one of ${allowed.join(', ')}.`, name);
}

/** Empty values ask for nothing and are left out; with nothing else the condition has no values. */
function readCondition({ name, type }: SearchParameter, modifier: string | undefined, value: string): SearchCondition {
  if (modifier === 'missing') {
    if (value !== 'true' && value !== 'false') throw refuse(400, 'value', 'With :missing it must be true or false.', name);
    return { name, modifier, values: [{ text: value }] };
  }
  const isTyped = type === 'reference' && modifier !== undefined && /^[A-Z][A-Za-z]{1,50}$/.test(modifier);
  if (modifier !== undefined && !isTyped && !MODIFIERS[type].includes(modifier))
    throw refuse(400, 'not-supported', 'This modifier is not supported.', name);
  const written = splitValues(value, ',');
  if (written.length > MOST_VALUES) throw refuse(400, 'too-costly', 'There are too many values.', name);
  const given = written.filter((one) => !(type === 'token' ? /^[\s|]*$/ : /^\s*$/).test(one));
  const values = given.map((one) => readValue(name, type, one, isTyped ? modifier : undefined));
  return { name, modifier: modifier ?? null, values };
}

function readValue(name: string, type: ParameterType, written: string, ofType: string | undefined): SearchValue {
  const prefix = PREFIXED.has(type) ? (PREFIX.exec(written)?.[1] ?? 'eq') : undefined;
  const rest = prefix !== undefined && written.startsWith(prefix) ? written.slice(2) : written;
  const parts = splitValues(rest, '|').map(unescape);
  switch (type) {
    case 'string':
    case 'uri':
      return { text: unescape(written) };
    case 'token': {
      if (parts.length > 3) throw refuse(400, 'value', 'It must be written as system|code.', name);
      return parts.length === 1
        ? { text: unescape(written), system: null, code: parts[0]! }
        : { text: unescape(written), system: parts[0]!, code: parts.slice(1).join('|') };
    }
    case 'date':
      if (!DATE.test(rest)) throw refuse(400, 'value', 'It must be a date such as ge2026-01-02 or 2026-01-02T03:04:05+08:00.', name);
      return { text: rest, prefix: prefix! };
    case 'number':
      return { text: rest, prefix: prefix!, number: toNumber(rest, name) };
    case 'quantity':
      return { text: rest, prefix: prefix!, number: toNumber(parts[0]!, name), system: parts[1] ?? null, code: parts[2] ?? '' };
    case 'reference': {
      const [, url, id] = /^(?:.*\/)?([A-Z][A-Za-z]{1,50})\/([A-Za-z0-9.-]{1,64})$/.exec(rest) ?? [];
      return { text: unescape(rest), type: url ?? ofType ?? null, id: id ?? unescape(rest) };
    }
  }
}

function toNumber(text: string, name: string): number {
  if (!NUMBER.test(text) || !Number.isFinite(Number(text))) throw refuse(400, 'value', 'It must be a number.', name);
  return Number(text);
}

/** Splits at a separator that no `\` precedes. The parts keep their escapes. */
function splitValues(value: string, separator: ',' | '|'): readonly string[] {
  if (!value.includes('\\')) return value.split(separator);
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < value.length; at++) {
    const character = value[at]!;
    if (character === '\\' && at + 1 < value.length) part += character + value[(at += 1)]!;
    else if (character === separator) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part];
}

function unescape(text: string): string {
  return text.replace(/\\([,|$\\])/g, '$1');
}

/** The name of a parameter may be anything; only an ordinary one is shown. */
function shown(name: string): string | undefined {
  return /^[A-Za-z_][\w:.-]{0,63}$/.test(name) ? name : undefined;
}
