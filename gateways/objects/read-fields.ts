/** Reads the places that rules name from a request, as its flow or upstream will see them. */
import type { Exchange, GatewayError } from '../contract.ts';
import type { JsonReader } from '../json-reading.ts';
import type { Carrier, ObjectLocator } from '../documents/object-locator.ts';
import { refuseJson } from '../errors.ts';
import { createCheckedSchema } from '../shared/create-checked-schema.ts';
import { AMBIGUOUS, foundText, isEncodedTwice, MISSING, UNLIKE, type Found } from './found.ts';
import { decodeUtf8, isFormType, isJsonType, isUtf8, isXmlType, mediaTypeOf, parseMedia, URL_FORM, type Media } from './media.ts';
import { readMultipartFields } from './read-multipart-fields.ts';
import { findPair, hasPairLike, splitPairs, type Pair } from './read-pairs.ts';
import { walkJson, type JsonWalk } from './walk-json.ts';
import { walkXml } from './walk-xml.ts';

/** The body and the query of a request, read once for all rules. */
export interface Fields {
  read(locator: ObjectLocator): Found;
  /** The places of a JSON locator, for filling in a value. */
  walk(locator: Extract<ObjectLocator, { carrier: 'json' }>): JsonWalk | undefined;
  readonly json: string | undefined;
}

type Pairs = readonly Pair[] | 'ambiguous' | undefined;

interface Content {
  /** The media type; `''` if there is none. */
  readonly type: string;
  readonly isEmpty: boolean;
  /** The text of a JSON body that was read strictly. */
  readonly json?: string | undefined;
  readonly xml?: string | undefined;
  readonly form?: Pairs;
}

const ANY = createCheckedSchema({});

/**
 * Reads what the carriers need. An error says that the body as a whole cannot be read, whatever a rule wants of it.
 * Costly JSON is read in a thread.
 */
export function readFields(
  exchange: Exchange,
  carriers: ReadonlySet<Carrier>,
  reader: Pick<JsonReader, 'readChecked'>,
): Fields | GatewayError | Promise<Fields | GatewayError> {
  const { body, headers, interface: called } = exchange;
  const isFlow = called!.target.kind === 'flow';
  if (body === undefined || body.byteLength === 0) return fieldsOf(exchange, { type: '', isEmpty: true });
  const header = headers['content-type'] ?? (isFlow ? (exchange.incoming.get('content-type') ?? 'application/json') : '');
  const type = mediaTypeOf(header);
  const media = parseMedia(header);
  const coding = headers['content-encoding'];
  // The upstream would read an encoded body, or one in another charset, differently.
  if (media === undefined || !isUtf8(media) || (coding !== undefined && coding !== 'identity'))
    return fieldsOf(exchange, { type, isEmpty: false, ...(isFormType(type) && { form: 'ambiguous' }) });
  if (carriers.has('json') && isJsonType(type)) return readJson(exchange, body, type, reader);
  return fieldsOf(exchange, { type, isEmpty: false, ...readOther(body, media, carriers) });
}

function readOther(body: Uint8Array, media: Media, carriers: ReadonlySet<Carrier>): Pick<Content, 'xml' | 'form'> {
  if (carriers.has('xml') && isXmlType(media.type)) return { xml: decodeUtf8(body) };
  // A service may join the parameters of query and form, so a rule for one needs both.
  if (!isFormType(media.type) || !(carriers.has('form') || carriers.has('query'))) return {};
  return { form: media.type === URL_FORM ? readUrlForm(body) : (readMultipartFields(body, media) ?? 'ambiguous') };
}

/** `;` separates pairs for some readers; the field `_charset_` changes the charset for others. */
function readUrlForm(body: Uint8Array): Pairs {
  const text = decodeUtf8(body);
  const pairs = text === undefined || text.includes(';') ? undefined : splitPairs(text, true);
  return pairs === undefined || hasPairLike(pairs, '_charset_') ? 'ambiguous' : pairs;
}

function readJson(exchange: Exchange, body: Uint8Array, type: string, reader: Pick<JsonReader, 'readChecked'>) {
  const done = () => fieldsOf(exchange, { type, isEmpty: false, json: decodeUtf8(body) });
  if (exchange.json !== undefined) return done();
  const isFlow = exchange.interface!.target.kind === 'flow';
  const checked = reader.readChecked(body, ANY, exchange, isFlow);
  const take = (found: Awaited<typeof checked>): Fields | GatewayError => {
    if ('problem' in found) return refuseJson(found);
    if (isFlow && 'value' in found) exchange.json = found.value;
    return done();
  };
  return checked instanceof Promise ? checked.then(take) : take(checked);
}

function fieldsOf(exchange: Exchange, content: Content): Fields {
  const walks = new Map<ObjectLocator, JsonWalk | undefined>();
  const walk = (locator: Extract<ObjectLocator, { carrier: 'json' }>) => {
    if (!walks.has(locator)) walks.set(locator, walkJson(content.json!, locator.steps));
    return walks.get(locator);
  };
  let query: readonly Pair[] | 'ambiguous' | undefined;
  const readQuery = () => (query ??= splitQuery(exchange));
  return {
    json: content.json,
    walk,
    read(locator) {
      switch (locator.carrier) {
        case 'path':
          return readPath(exchange, locator.name);
        case 'header':
          return readHeader(exchange, locator.name);
        case 'query':
          return readQueryField(readQuery(), content, locator.name, exchange.interface!.target.kind === 'flow');
        case 'form':
          return readFormField(readQuery(), content, locator.name);
        case 'json':
          if (content.isEmpty) return MISSING;
          if (content.json === undefined) return unlikeOf(content, isJsonType);
          return toFound(walk(locator));
        case 'xml':
          if (content.isEmpty) return MISSING;
          return content.xml === undefined ? unlikeOf(content, isXmlType) : readXml(content.xml, locator);
      }
    },
  };
}

/** The body is not of the wanted type, or it is, and could not be read. */
function unlikeOf({ type }: Content, isWanted: (type: string) => boolean): Found {
  return isWanted(type) ? AMBIGUOUS : UNLIKE;
}

function toFound(walk: JsonWalk | undefined): Found {
  if (walk === undefined) return AMBIGUOUS;
  const values = walk.leaves.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return { kind: 'values', values, missing: walk.leaves.length - values.length };
}

function readXml(text: string, { steps, attribute }: Extract<ObjectLocator, { carrier: 'xml' }>): Found {
  const found = walkXml(text, steps, attribute);
  return found === undefined ? AMBIGUOUS : { kind: 'values', ...found };
}

/** Tomcat and others drop what follows `;` in a segment, also before they resolve `..`. */
function readPath({ params, rawPath }: Exchange, name: string): Found {
  const value = params[name];
  if (value === undefined) return MISSING;
  if (rawPath.includes(';') || /%3b/i.test(rawPath) || isEncodedTwice(value)) return AMBIGUOUS;
  return foundText(value);
}

function readHeader({ headers, repeated }: Exchange, name: string): Found {
  const asRead = (other: string) => other.replaceAll('_', '-');
  for (const other in headers) if (other !== name && asRead(other) === asRead(name)) return AMBIGUOUS;
  const value = headers[name];
  if (value === undefined) return MISSING;
  // Node reads the bytes of a header as Latin-1, others as UTF-8.
  return repeated.has(name) || /[^\x20-\x7e]/.test(value) || isEncodedTwice(value) ? AMBIGUOUS : foundText(value);
}

function splitQuery({ rawQuery, interface: called }: Exchange): readonly Pair[] | 'ambiguous' {
  const isFlow = called!.target.kind === 'flow';
  // A flow gets the query as read here. For a service `+` may be a space, and `;` may separate pairs.
  const pairs = !isFlow && rawQuery.includes(';') ? undefined : splitPairs(rawQuery, false);
  return pairs ?? 'ambiguous';
}

function readQueryField(query: readonly Pair[] | 'ambiguous', { form }: Content, name: string, isFlow: boolean): Found {
  if (query === 'ambiguous' || form === 'ambiguous' || (form !== undefined && hasPairLike(form, name))) return AMBIGUOUS;
  const hasPlus = !isFlow && query.some((pair) => pair.name === name && pair.rawValue!.includes('+'));
  return hasPlus ? AMBIGUOUS : findPair(query, name);
}

function readFormField(query: readonly Pair[] | 'ambiguous', { form, isEmpty }: Content, name: string): Found {
  if (query === 'ambiguous' || form === 'ambiguous' || hasPairLike(query, name)) return AMBIGUOUS;
  if (isEmpty) return MISSING;
  return form === undefined ? UNLIKE : findPair(form, name);
}
