/** Reads the places that rules name from a request, as its flow or upstream will see them. */
import type { Exchange, GatewayError } from '../contract.ts';
import type { JsonReader } from '../json-reading.ts';
import type { ObjectLocator } from '../documents/object-locator.ts';
import { refuseJson } from '../errors.ts';
import { createCheckedSchema } from '../shared/create-checked-schema.ts';
import type { BodyFault } from '../shared/body-threads.ts';
import type { ObjectReader } from './create-object-reader.ts';
import { AMBIGUOUS, foundText, isEncodedTwice, MISSING, type Found } from './found.ts';
import { isJsonType, isUtf8, mediaTypeOf, parseMedia } from '../content/media.ts';
import { findingsOf, findingsOfNone, passesOf, type BodyFindings, type Places } from './read-body.ts';
import { findPair, hasPairLike, splitPairs, type Pair } from './read-pairs.ts';

/** What a request holds at each place that rules name, read once for all rules. */
export interface Fields {
  read(locator: ObjectLocator): Found;
}

export interface Readers {
  readonly json: Pick<JsonReader, 'readChecked'>;
  readonly objects: ObjectReader;
}

const ANY = createCheckedSchema({});

/**
 * Reads all places. An error says that the body as a whole cannot be read, for any rule. Large bodies are read in a
 * thread.
 */
export function readFields(exchange: Exchange, places: Places, readers: Readers): Fields | GatewayError | Promise<Fields | GatewayError> {
  const { body, headers, interface: called } = exchange;
  const isFlow = called!.target.kind === 'flow';
  if (body === undefined || body.byteLength === 0) return fieldsOf(exchange, places, findingsOfNone(places, true));
  const header = headers['content-type'] ?? (isFlow ? (exchange.incoming.get('content-type') ?? 'application/json') : '');
  const type = mediaTypeOf(header);
  const media = parseMedia(header);
  const coding = headers['content-encoding'];
  // The upstream would read an encoded body, or one in another charset, differently.
  if (media === undefined || !isUtf8(media) || (coding !== undefined && coding !== 'identity'))
    return fieldsOf(exchange, places, findingsOf(places, type));
  if (passesOf(type, places) === 0) return fieldsOf(exchange, places, findingsOfNone(places, false));
  const read = () => readBody(exchange, body, { header, places, readers });
  // A flow gets the parsed body.
  if (!isFlow || !isJsonType(type) || exchange.json !== undefined) return read();
  return after(checkJson(exchange, body, readers, true), (error) => error ?? read());
}

function readBody(
  exchange: Exchange,
  body: Uint8Array,
  { header, places, readers }: { readonly header: string; readonly places: Places; readonly readers: Readers },
): Fields | GatewayError | Promise<Fields | GatewayError> {
  return after(readers.objects.read(body, header, places, exchange), (found) => {
    if (typeof found === 'string') return refuseFault(found);
    if (!found.includes(AMBIGUOUS) || !isJsonType(mediaTypeOf(header)) || exchange.json !== undefined)
      return fieldsOf(exchange, places, found);
    // Says what is wrong with the body, if it is not JSON as interfaces accept it.
    return after(checkJson(exchange, body, readers, false), (error) => error ?? fieldsOf(exchange, places, found));
  });
}

function after<Value, Result>(value: Value | Promise<Value>, next: (value: Value) => Result | Promise<Result>): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function checkJson(
  exchange: Exchange,
  body: Uint8Array,
  { json }: Readers,
  isWanted: boolean,
): GatewayError | undefined | Promise<GatewayError | undefined> {
  return after(json.readChecked(body, ANY, exchange, isWanted), (found) => {
    if ('problem' in found) return refuseJson(found);
    if (isWanted && 'value' in found) exchange.json = found.value;
    return undefined;
  });
}

/** Returns the error for a body that was not read. */
export function refuseFault(fault: BodyFault | Extract<BodyFindings, string>): GatewayError {
  return refuseJson({ problem: '', ...(fault === 'busy' ? { isBusy: true } : { isCostly: true }) });
}

function fieldsOf(exchange: Exchange, { locators, positions }: Places, findings: readonly Found[]): Fields {
  const isFlow = exchange.interface!.target.kind === 'flow';
  let query: readonly Pair[] | 'ambiguous' | undefined;
  const readQuery = () => (query ??= splitQuery(exchange));
  const findingOf = (locator: ObjectLocator, inBody: Found): Found => {
    switch (locator.carrier) {
      case 'path':
        return readPath(exchange, locator.name);
      case 'header':
        return readHeader(exchange, locator.name);
      case 'query':
        return inBody.kind === 'ambiguous' ? AMBIGUOUS : readQueryField(readQuery(), locator.name, isFlow);
      case 'form':
        return isInQuery(readQuery(), locator.name) ? AMBIGUOUS : inBody;
      default:
        return inBody;
    }
  };
  const found = locators.map((locator, i) => findingOf(locator, findings[i]!));
  return { read: (locator) => found[positions.get(locator)!]! };
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

function readQueryField(query: readonly Pair[] | 'ambiguous', name: string, isFlow: boolean): Found {
  if (query === 'ambiguous') return AMBIGUOUS;
  const hasPlus = !isFlow && query.some((pair) => pair.name === name && pair.rawValue!.includes('+'));
  return hasPlus ? AMBIGUOUS : findPair(query, name);
}

/** A service may take a parameter of the query for a field of the form. */
function isInQuery(query: readonly Pair[] | 'ambiguous', name: string): boolean {
  return query === 'ambiguous' || hasPairLike(query, name);
}
