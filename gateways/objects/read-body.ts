/** Reads all places that rules name in a body, in one pass. Pure, so that it runs on the event loop or in a thread. */
import type { Carrier, ObjectLocator } from '../documents/object-locator.ts';
import { AMBIGUOUS, MISSING, UNLIKE, type Found } from './found.ts';
import { decodeUtf8, isFormType, isJsonType, isUtf8, isXmlType, parseMedia, URL_FORM, type Media } from '../content/media.ts';
import { planJson, type JsonPlan } from './plan-json.ts';
import { readMultipartFields } from './read-multipart-fields.ts';
import { findPair, hasPairLike, splitPairs, type Pair } from './read-pairs.ts';
import { walkJson, type JsonWalk } from './walk-json.ts';
import { walkXml } from './walk-xml.ts';

/** The different places that the rules for one request name. */
export interface Places {
  readonly locators: readonly ObjectLocator[];
  /** The position of each rule's locator in `locators`. Rules for the same place share one. */
  readonly positions: ReadonlyMap<ObjectLocator, number>;
  readonly carriers: ReadonlySet<Carrier>;
  /** Names of the headers that they read. */
  readonly headers: readonly string[];
  /** For the JSON locators, in their order. */
  readonly json: JsonPlan;
}

/** For each locator what the body holds. For `query`, only whether a form has a field with a name like it. */
export type BodyFindings = readonly Found[] | 'too-many';

/** Maximum number of different ids in one body. No caller has more, and the event loop compares each. */
const MOST_IDS = 10_000;

export function placesOf(given: readonly ObjectLocator[]): Places {
  const keys = given.map((locator) => JSON.stringify(locator));
  const distinct = [...new Set(keys)];
  const locators = distinct.map((key) => given[keys.indexOf(key)]!);
  return {
    locators,
    positions: new Map(given.map((locator, i) => [locator, distinct.indexOf(keys[i]!)])),
    carriers: new Set(locators.map(({ carrier }) => carrier)),
    headers: locators.flatMap((locator) => (locator.carrier === 'header' ? locator.name : [])),
    json: planJson(locators.flatMap((locator) => (locator.carrier === 'json' ? [locator.steps] : []))),
  };
}

/** Returns how often the bytes of a body of this type are read; 0 if the rules name nothing in it. */
export function passesOf(type: string, { locators, carriers, json }: Places): number {
  if (isJsonType(type)) return json.roots.length;
  if (isXmlType(type)) return locators.filter(({ carrier }) => carrier === 'xml').length;
  // A service may join the parameters of query and form, so a rule for one needs both.
  return isFormType(type) && (carriers.has('form') || carriers.has('query')) ? 1 : 0;
}

/** The findings for a body that is empty, or of a type in which no rule names a place. */
export function findingsOfNone({ locators }: Places, isEmpty: boolean): readonly Found[] {
  return locators.map(() => (isEmpty ? MISSING : UNLIKE));
}

/** `contentType` must be one that `passesOf` counts. A body that cannot be read is ambiguous. */
export function readBody(body: Uint8Array, contentType: string, places: Places): BodyFindings {
  const media = parseMedia(contentType);
  if (media === undefined || !isUtf8(media)) return findingsOf(places, media?.type ?? contentType, undefined);
  if (isJsonType(media.type)) return findInJson(decodeUtf8(body), places);
  return isXmlType(media.type) ? findInXml(decodeUtf8(body), places) : findInForm(body, media, contentType, places);
}

/** Without `find`, the body is of a type that the locator can name a place in, and nobody knows how it is read. */
export function findingsOf({ locators }: Places, type: string, find?: (locator: ObjectLocator) => Found): readonly Found[] {
  return locators.map((locator) => (isFor(locator, type) ? (find?.(locator) ?? AMBIGUOUS) : UNLIKE));
}

function isFor({ carrier }: ObjectLocator, type: string): boolean {
  if (carrier === 'json') return isJsonType(type);
  return carrier === 'xml' ? isXmlType(type) : (carrier === 'form' || carrier === 'query') && isFormType(type);
}

function findInJson(text: string | undefined, places: Places): BodyFindings {
  const walks = text === undefined ? { fault: undefined } : walkJson(text, places.json);
  const counter = new IdCounter();
  let number = 0;
  const found = places.locators.map((locator) => {
    if (locator.carrier !== 'json') return UNLIKE;
    const index = number++;
    if (!('fault' in walks)) return foundAt(text!, walks[index]!, counter);
    return walks.fault === undefined || walks.fault === index ? AMBIGUOUS : UNLIKE;
  });
  return counter.isAbove ? 'too-many' : found;
}

function foundAt(text: string, { leaves }: JsonWalk, counter: IdCounter): Found {
  if (leaves.length === 1 && leaves[0]!.value === undefined) return MISSING;
  const values: string[] = [];
  let missing = 0;
  for (const { value, start } of leaves) {
    if (value === undefined) missing++;
    // Most readers round a number that a double cannot represent.
    else if (text[start] !== '"' && !Number.isSafeInteger(Number(value))) return AMBIGUOUS;
    else values.push(value);
  }
  return { kind: 'values', values: counter.distinct(values), missing };
}

/** Removes repeated ids, and counts the others of all places. */
class IdCounter {
  #count = 0;

  get isAbove(): boolean {
    return this.#count > MOST_IDS;
  }

  distinct(ids: readonly string[]): readonly string[] {
    const distinct = ids.length > 1 ? [...new Set(ids)] : ids;
    this.#count += distinct.length;
    return distinct;
  }
}

function findInXml(text: string | undefined, places: Places): BodyFindings {
  const counter = new IdCounter();
  const found = places.locators.map((locator): Found => {
    if (locator.carrier !== 'xml') return UNLIKE;
    const leaves = text === undefined ? undefined : walkXml(text, locator.steps, locator.attribute);
    return leaves === undefined ? AMBIGUOUS : { kind: 'values', values: counter.distinct(leaves.values), missing: leaves.missing };
  });
  return counter.isAbove ? 'too-many' : found;
}

function findInForm(body: Uint8Array, media: Media, contentType: string, places: Places): BodyFindings {
  const pairs = media.type === URL_FORM ? readUrlForm(body) : readMultipartFields(body, contentType);
  if (pairs === undefined) return findingsOf(places, media.type);
  return findingsOf(places, media.type, (locator) => {
    if (locator.carrier === 'form') return findPair(pairs, locator.name);
    return locator.carrier === 'query' && !hasPairLike(pairs, locator.name) ? UNLIKE : AMBIGUOUS;
  });
}

/** `;` separates pairs for some readers; the field `_charset_` changes the charset for others. */
function readUrlForm(body: Uint8Array): readonly Pair[] | undefined {
  const text = decodeUtf8(body);
  const pairs = text === undefined || text.includes(';') ? undefined : splitPairs(text, true);
  return pairs === undefined || hasPairLike(pairs, '_charset_') ? undefined : pairs;
}
