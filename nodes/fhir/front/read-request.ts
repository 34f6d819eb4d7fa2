/** Reads an HTTP request of the RESTful API (HL7 FHIR R4, http) into what the flow gets. */
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import type { Endpoint, Interaction, OfferedResource } from './endpoint.ts';
import { refuse } from './refusal.ts';
import { readPairs, readSearch, type Pairs, type Search } from './search-parameters.ts';

export interface RawRequest {
  readonly method: string;
  /** Parameters of the path: `type` and `id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; bytes or text of another type; null. */
  readonly body: unknown;
}

export interface FhirRequest {
  readonly interaction: Interaction | 'transaction' | 'batch' | 'capabilities';
  readonly type: string | null;
  readonly id: string | null;
  readonly resource: Readonly<Record<string, unknown>> | null;
  /** Of a search. */
  readonly search: Search | null;
  /** Of a conditional create, update or delete: the resource that it is about. */
  readonly match: Search | null;
  /** The version of `If-Match`. */
  readonly ifMatch: string | null;
  /** `Prefer: return=…` */
  readonly prefer: 'minimal' | 'representation' | 'OperationOutcome';
}

const ID = /^[A-Za-z0-9.-]{1,64}$/;

/** The entries of a Bundle are judged by `entrySteps`. */
export function readRequest(request: RawRequest, endpoint: Endpoint): FhirRequest {
  const { method, params, headers, body } = request;
  const { type, id } = params;
  const pairs = readPairs(request.rawQuery);
  refuseOtherFormats(headers['accept'], pairs);
  const prefer = preferOf(headers['prefer']);
  const bare: FhirRequest = {
    interaction: 'read',
    type: type ?? null,
    id: null,
    resource: null,
    search: null,
    match: null,
    ifMatch: null,
    prefer: prefer.returns,
  };
  if (type === 'metadata' && id === undefined && method === 'GET') return { ...bare, interaction: 'capabilities', type: null };
  if (type === undefined) return { ...bare, ...readBundle(method, body, endpoint) };
  const offered = endpoint.resources.find((one) => one.type === type);
  if (offered === undefined) throw refuse(404, 'not-supported', 'This resource type is not offered here.');
  const searches = (more: Pairs = []) => readSearch([...pairs, ...more], offered, endpoint, prefer.isLenient);
  if (method === 'POST' && id === '_search')
    return { ...bare, interaction: allowed(offered, 'search'), search: searches(formPairs(body, headers)) };
  if (id !== undefined && !ID.test(id)) throw refuse(404, 'not-found', 'This is no id of a resource.');
  const ifMatch = versionOf(headers['if-match']);
  switch (method) {
    case 'GET':
      if (id !== undefined) return { ...bare, interaction: allowed(offered, 'read'), id };
      return { ...bare, interaction: allowed(offered, 'search'), search: searches() };
    case 'POST': {
      if (id !== undefined) throw refuse(405, 'not-supported', 'A resource is created by POST to its type.');
      const resource = resourceIn(body, type);
      const ifNoneExist = headers['if-none-exist'];
      const match = ifNoneExist === undefined ? null : conditions(readPairs(ifNoneExist.replace(/^\?/, '')), offered, endpoint);
      return { ...bare, interaction: allowed(offered, 'create'), resource, match };
    }
    case 'PUT': {
      const resource = resourceIn(body, type);
      if (id === undefined)
        return { ...bare, interaction: allowed(offered, 'update'), resource, ifMatch, match: conditions(pairs, offered, endpoint) };
      if (resource['id'] !== id) throw refuse(400, 'invalid', 'The resource must have the id of the address.', `${type}.id`);
      return { ...bare, interaction: allowed(offered, 'update'), id, resource, ifMatch };
    }
    case 'DELETE':
      if (id !== undefined) return { ...bare, interaction: allowed(offered, 'delete'), id, ifMatch };
      return { ...bare, interaction: allowed(offered, 'delete'), ifMatch, match: conditions(pairs, offered, endpoint) };
    default:
      throw refuse(405, 'not-supported', 'This method is not supported.');
  }
}

function allowed(resource: OfferedResource, interaction: Interaction): Interaction {
  if (resource.interactions.includes(interaction)) return interaction;
  throw refuse(405, 'not-supported', `The interaction ${interaction} is not offered for ${resource.type}.`);
}

/** A conditional write without a condition would be about every resource. */
function conditions(pairs: Pairs, offered: OfferedResource, endpoint: Endpoint): Search {
  const match = readSearch(pairs, offered, endpoint, false);
  if (match.conditions.length === 0) throw refuse(412, 'invalid', 'A conditional request needs a search parameter with a value.');
  return match;
}

function resourceIn(body: unknown, type: string): Readonly<Record<string, unknown>> {
  if (body instanceof Uint8Array || typeof body === 'string')
    throw refuse(415, 'not-supported', 'Send the resource as application/fhir+json.');
  if (!isRecord(body)) throw refuse(400, 'structure', 'The body is no resource in JSON.');
  if (body['resourceType'] !== type)
    throw refuse(400, 'invalid', `The body must be a resource of the type ${type}, as the address says.`, 'resourceType');
  return body;
}

function readBundle(method: string, body: unknown, endpoint: Endpoint): Pick<FhirRequest, 'interaction' | 'resource'> {
  if (method !== 'POST') throw refuse(405, 'not-supported', 'Only a Bundle can be sent to the base of the endpoint.');
  const bundle = resourceIn(body, 'Bundle');
  const kind = endpoint.bundles.find((one) => one === bundle['type']);
  if (kind === undefined) throw refuse(400, 'not-supported', 'Bundles of this type are not offered here.', 'Bundle.type');
  return { interaction: kind, resource: bundle };
}

/** Judges the entries of a Bundle that `readRequest` has returned, one in each step. */
export function* entrySteps({ interaction, resource }: FhirRequest, endpoint: Endpoint): Generator<void, void> {
  if (interaction !== 'transaction' && interaction !== 'batch') return;
  const entries = Array.isArray(resource?.['entry']) ? (resource['entry'] as unknown[]) : [];
  for (const [index, entry] of entries.entries()) {
    checkEntry(entry, `Bundle.entry[${index}]`, endpoint);
    yield;
  }
}

/** An entry may do what a request of its own may do, and nothing else. */
function checkEntry(entry: unknown, place: string, endpoint: Endpoint): void {
  const request = isRecord(entry) ? entry['request'] : undefined;
  const { method, url } = isRecord(request) ? request : {};
  if (typeof method !== 'string' || typeof url !== 'string')
    throw refuse(400, 'structure', 'An entry needs a request with method and url.', `${place}.request`);
  const [path = '', query = ''] = url.split('?', 2);
  const [, type, id] = /^([A-Z][A-Za-z]{1,50})(?:\/([A-Za-z0-9.-]{1,64}))?$/.exec(path) ?? [];
  if (type === undefined) throw refuse(400, 'not-supported', 'The url must be Type, Type/id or Type?parameters.', `${place}.request.url`);
  try {
    const params = id === undefined ? { type } : { type, id };
    const ifNoneExist = isRecord(request) ? request['ifNoneExist'] : undefined;
    const headers = typeof ifNoneExist === 'string' ? { 'if-none-exist': ifNoneExist } : {};
    readRequest({ method, params, rawQuery: query, headers, body: isRecord(entry) ? (entry['resource'] ?? null) : null }, endpoint);
  } catch (error) {
    if (!(error instanceof Error) || !('issues' in error)) throw error;
    const [issue] = (error as ReturnType<typeof refuse>).issues;
    throw refuse((error as ReturnType<typeof refuse>).status, issue!.type, issue!.text, place);
  }
}

function formPairs(body: unknown, headers: Readonly<Record<string, string>>): Pairs {
  if (body === null) return [];
  const isForm = (headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded');
  if (!isForm || !(body instanceof Uint8Array))
    throw refuse(415, 'not-supported', 'Send the parameters as application/x-www-form-urlencoded.');
  return readPairs(Buffer.from(body).toString('latin1'), true);
}

/** `W/"3"`, and `"3"` which some clients send. */
function versionOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  const version = /^(?:W\/)?"([A-Za-z0-9.-]{1,64})"$/.exec(header.trim())?.[1];
  if (version === undefined) throw refuse(400, 'value', 'If-Match must be written as W/"version".');
  return version;
}

function preferOf(header = ''): { readonly returns: FhirRequest['prefer']; readonly isLenient: boolean } {
  const returns = /\breturn=(minimal|representation|OperationOutcome)\b/.exec(header)?.[1] as FhirRequest['prefer'] | undefined;
  return { returns: returns ?? 'representation', isLenient: /\bhandling=lenient\b/.test(header) };
}

function refuseOtherFormats(accept: string | undefined, pairs: Pairs): void {
  const format = pairs.findLast(([name]) => name === '_format')?.[1];
  const asked = format ?? accept;
  if (asked === undefined || asked === '' || /json|\*\/\*|application\/\*/i.test(asked)) return;
  throw refuse(406, 'not-supported', 'Only application/fhir+json is offered.');
}
