/**
 * Makes a Bundle of the resources of a message. What does not fit R4 is left out, and what R4 requires and the message does
 * not say is unknown, so that any server can take the Bundle.
 */
import { createHash } from 'node:crypto';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { resourceSteps } from '../r4/check-resource.ts';
import type { Draft } from './draft.ts';

export type BundleType = 'transaction' | 'message' | 'collection';

export interface BundleOptions {
  readonly type: BundleType;
  /** Makes the ids: the same message always gives the same ones. */
  readonly seed: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

type Json = Record<string, unknown>;

/** Returns the Bundle, one resource per step, and the places that were left out. */
export function* bundleSteps(
  drafts: readonly Draft[],
  { type, seed, timestamp }: BundleOptions,
): Generator<void, { readonly bundle: Json; readonly leftOut: readonly string[] }> {
  const entries = new Entries(seed, drafts);
  const leftOut: string[] = [];
  for (const draft of drafts) {
    entries.add(draft);
    yield;
  }
  const list: Json[] = [];
  for (const { url, resource } of entries.all()) {
    const fitted = yield* fit(resource, leftOut);
    if (fitted !== undefined)
      list.push({
        fullUrl: url,
        resource: fitted,
        ...(type === 'transaction' ? { request: { method: 'POST', url: String(fitted['resourceType']) } } : {}),
      });
  }
  return { bundle: { resourceType: 'Bundle', type, timestamp, ...(list.length === 0 ? {} : { entry: list }) }, leftOut };
}

class Entries {
  readonly #seed: string;
  readonly #urls = new Map<Draft, string | undefined>();
  /** Resources that only references need are the same if they say the same: an organization is in many identifiers. */
  readonly #known = new Map<string, string>();
  readonly #entries: { readonly url: string; resource: Json }[] = [];
  #count = 0;

  constructor(seed: string, drafts: readonly Draft[]) {
    this.#seed = seed;
    // A report may refer to an observation that comes after it.
    for (const draft of drafts) this.#urls.set(draft, this.#nextUrl());
  }

  add(draft: Draft): void {
    const entry = { url: this.#urls.get(draft)!, resource: { resourceType: draft.type } as Json };
    this.#entries.push(entry);
    entry.resource = draft.toJson((other) => this.#place(other)) ?? entry.resource;
  }

  all(): readonly { readonly url: string; readonly resource: Json }[] {
    return this.#entries;
  }

  #place(draft: Draft): string | undefined {
    if (this.#urls.has(draft)) return this.#urls.get(draft);
    const resource = draft.toJson((other) => this.#place(other));
    const text = resource === undefined ? undefined : JSON.stringify(resource);
    let url = text === undefined ? undefined : this.#known.get(text);
    if (resource !== undefined && url === undefined) {
      url = this.#nextUrl();
      this.#known.set(text!, url);
      this.#entries.push({ url, resource });
    }
    this.#urls.set(draft, url);
    return url;
  }

  #nextUrl(): string {
    const hex = createHash('sha256').update(`${this.#seed} ${this.#count++}`).digest('hex');
    // A UUID of version 8 (RFC 9562): its bits are our own.
    return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}

const UNKNOWN_CODE = { text: 'unknown' };
/** What stands for required fields that the message does not say. */
const UNKNOWN: Readonly<Record<string, unknown>> = {
  'Encounter.status': 'unknown',
  'Encounter.class': { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK', display: 'unknown' },
  'Observation.status': 'unknown',
  'Observation.code': UNKNOWN_CODE,
  'Observation.component[].code': UNKNOWN_CODE,
  'DiagnosticReport.status': 'unknown',
  'DiagnosticReport.code': UNKNOWN_CODE,
  'ServiceRequest.status': 'unknown',
  'ServiceRequest.intent': 'order',
  'ServiceRequest.subject': { display: 'unknown' },
  'Procedure.status': 'unknown',
  'Procedure.subject': { display: 'unknown' },
  'Condition.subject': { display: 'unknown' },
  'RelatedPerson.patient': { display: 'unknown' },
  'AllergyIntolerance.patient': { display: 'unknown' },
  'Appointment.status': 'proposed',
  'Appointment.participant[].status': 'needs-action',
  'Appointment.participant': [{ actor: { display: 'unknown' }, status: 'needs-action' }],
  'MessageHeader.source': { endpoint: 'urn:x-unknown' },
  'MessageHeader.destination[].endpoint': 'urn:x-unknown',
  'MessageHeader.event[x]': { code: 'unknown' },
};
const CHOICES: Readonly<Record<string, string>> = { 'event[x]': 'eventCoding' };
/** Each round leaves out more than the one before, so few suffice. */
const ROUNDS = 10;

function* fit(resource: Json, leftOut: string[]): Generator<void, Json | undefined> {
  for (let round = 0; round < ROUNDS; round++) {
    const problems = yield* resourceSteps(resource);
    if (problems.length === 0) return resource;
    // From the last to the first, because leaving out an item of a list moves those after it.
    for (const { place, problem } of problems.toReversed()) {
      const kind = place.replace(/\[\d+\]/g, '[]');
      if (problem === 'required' && Object.hasOwn(UNKNOWN, kind)) {
        put(resource, place, UNKNOWN[kind]);
        continue;
      }
      leftOut.push(place);
      // Without its required field, an element says too little; the resource itself is left out whole.
      const target = problem === 'required' ? place.slice(0, place.lastIndexOf('.')) : place;
      if (!target.includes('.')) return undefined;
      remove(resource, target);
    }
  }
  return undefined;
}

function put(resource: Json, place: string, value: unknown): void {
  const [parent, name] = parentOf(resource, place);
  if (isRecord(parent)) (parent as Json)[CHOICES[name] ?? name] = structuredClone(value);
}

function remove(resource: Json, place: string): void {
  const [parent, name] = parentOf(resource, place);
  const index = /^(.+)\[(\d+)\]$/.exec(name);
  if (!isRecord(parent)) return;
  const holder = parent as Json;
  if (index === null) {
    delete holder[name];
    return;
  }
  const list = holder[index[1]!];
  if (!Array.isArray(list)) return;
  list.splice(Number(index[2]), 1);
  if (list.length === 0) delete holder[index[1]!];
}

/** Returns the element that holds a place such as `Patient.name[0].given[1]`, and the last step. */
function parentOf(resource: Json, place: string): readonly [parent: unknown, name: string] {
  const steps = place.split('.').slice(1);
  const name = steps.pop() ?? '';
  let current: unknown = resource;
  for (const step of steps) {
    const [, field = '', index] = /^(.+?)(?:\[(\d+)\])?$/.exec(step) ?? [];
    current = isRecord(current) ? current[field] : undefined;
    if (index !== undefined) current = Array.isArray(current) ? (current as unknown[])[Number(index)] : undefined;
  }
  return [current, name];
}
