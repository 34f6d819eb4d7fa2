/** Turns the reply of a flow into the answer that FHIR prescribes for the interaction. */
import { issueTypeOf } from '../../../engine/contract/fhir/operation-outcome.ts';
import type { Reply } from '../../../engine/contract/node/node.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import type { Endpoint } from './endpoint.ts';
import type { FhirRequest, RawRequest } from './read-request.ts';
import { fhirReply, outcomeReply } from './refusal.ts';

type Resource = Readonly<Record<string, unknown>>;

export function answerTo(reply: Reply, request: FhirRequest, raw: RawRequest, endpoint: Endpoint): Reply {
  const { data } = reply.message;
  if (reply.status >= 400) return ownRefusal(reply);
  switch (request.interaction) {
    case 'search':
      return search(data, request, raw, endpoint);
    case 'transaction':
    case 'batch':
      if (isBundle(data, `${request.interaction}-response`)) return fhirReply(200, withList(data));
      throw unusable('response', `a Bundle of the type ${request.interaction}-response`);
    case 'delete':
      return { status: 204, headers: {}, message: { ...reply.message, data: undefined } };
    case 'read':
      return read(data, request, raw);
    default:
      return written(data, request, endpoint);
  }
}

/** A reply with a failing status is a refusal of the flow's own: an OperationOutcome, or `{ reason }`. */
function ownRefusal({ status, message: { data } }: Reply): Reply {
  if (isResource(data) && data['resourceType'] === 'OperationOutcome') return fhirReply(status, data);
  const reason = isRecord(data) && typeof data['reason'] === 'string' ? data['reason'] : 'The request was refused.';
  return outcomeReply(status, [{ type: issueTypeOf(status), text: reason }]);
}

function read(data: unknown, { type, id }: FhirRequest, { headers }: RawRequest): Reply {
  if (data === null || data === undefined) return outcomeReply(404, [{ type: 'not-found', text: 'There is no such resource.' }]);
  if (!isOf(data, type, id)) throw unusable('read', 'the resource that was asked for, or null if there is none');
  const version = versionHeaders(data);
  const isKnown =
    version['etag'] !== undefined && (headers['if-none-match'] ?? '').split(',').some((one) => one.trim() === version['etag']);
  return isKnown ? { status: 304, headers: version, message: { ...fhirReply(304, undefined).message } } : fhirReply(200, data, version);
}

/** The flow replies with the resource, or with `{ resource, created }` if it did not do what the interaction is named after. */
function written(data: unknown, { interaction, type, id, prefer }: FhirRequest, { address }: Endpoint): Reply {
  const wrapped = isRecord(data) && !isResource(data) ? data : undefined;
  const resource = wrapped === undefined ? data : wrapped['resource'];
  if (!isOf(resource, type, id) || typeof resource['id'] !== 'string') throw unusable('stored', 'the stored resource with its id');
  const isCreated = typeof wrapped?.['created'] === 'boolean' ? wrapped['created'] : interaction === 'create';
  const headers = versionHeaders(resource);
  const version = metaOf(resource)['versionId'];
  const history = typeof version === 'string' ? `/_history/${version}` : '';
  const location = `${address}/${String(resource['resourceType'])}/${resource['id']}${history}`;
  const all = isCreated ? { ...headers, location } : { ...headers, 'content-location': location };
  const status = isCreated ? 201 : 200;
  if (prefer === 'minimal') return { ...fhirReply(status, undefined, all) };
  if (prefer === 'OperationOutcome')
    return { ...outcomeReply(status, [{ type: 'informational', text: 'The resource is stored.', severity: 'information' }]), headers: all };
  return fhirReply(status, resource, all);
}

/**
 * The flow replies with a list, with `{ resources, included, total, next }` as fhir.search emits it, or with a Bundle. A
 * resource in place of a list is a list of one: expressions emit a single result so.
 */
function search(data: unknown, request: FhirRequest, raw: RawRequest, endpoint: Endpoint): Reply {
  if (isBundle(data, 'searchset')) return fhirReply(200, checkedBundle(withList(data), request, endpoint));
  const page = Array.isArray(data) || isOf(data, request.type) ? { resources: data } : data;
  const resources = isRecord(page) && !isResource(page) ? toList(page['resources']) : undefined;
  if (!isRecord(page) || resources === undefined) throw unusable('list', 'a list of resources, or { resources, included, total, next }');
  return searchset({ ...page, resources, included: toList(page['included']) ?? [] }, request, raw, endpoint);
}

function searchset(page: Page, request: FhirRequest, raw: RawRequest, endpoint: Endpoint): Reply {
  const { resources, included, total, next } = page;
  const isCount = request.search?.summary === 'count' || request.search?.count === 0;
  if (!isCount) checkMatches(resources, request, endpoint);
  const entry = isCount
    ? []
    : [...resources.map((one) => toEntry(one, 'match', endpoint)), ...included.map((one) => toEntry(one, 'include', endpoint))];
  const self = `${endpoint.address}/${request.type}${raw.rawQuery === '' ? '' : `?${raw.rawQuery}`}`;
  return fhirReply(200, {
    resourceType: 'Bundle',
    type: 'searchset',
    ...(typeof total === 'number' ? { total } : isCount ? { total: resources.length } : {}),
    link: [
      { relation: 'self', url: self },
      ...(typeof next === 'string' && next !== '' ? [{ relation: 'next', url: nextUrl(next, request, raw, endpoint) }] : []),
    ],
    ...(entry.length === 0 ? {} : { entry }),
  });
}

interface Page {
  readonly resources: readonly unknown[];
  readonly included: readonly unknown[];
  readonly total?: unknown;
  readonly next?: unknown;
}

function checkedBundle(bundle: Resource, request: FhirRequest, endpoint: Endpoint): Resource {
  const entries = (bundle['entry'] ?? []) as readonly unknown[];
  const matches = entries.filter((entry) => {
    const mode = isRecord(entry) && isRecord(entry['search']) ? entry['search']['mode'] : undefined;
    return mode === undefined || mode === 'match';
  });
  checkMatches(
    matches.map((entry) => (isRecord(entry) ? entry['resource'] : undefined)),
    request,
    endpoint,
  );
  return bundle;
}

/** A page cannot be cut here, since only the flow knows the mark of the next one. */
function checkMatches(resources: readonly unknown[], { type }: FhirRequest, { mostPerPage }: Endpoint): void {
  if (!resources.every((one) => isOf(one, type) || isOf(one, 'OperationOutcome')))
    throw unusable('matches', 'a list of resources of the searched type');
  if (resources.length > mostPerPage) throw unusable('page', `a page of at most ${mostPerPage} resources`, { limit: mostPerPage });
}

/** The next page is the same search with the flow's own mark of where it goes on. A search by POST goes on by GET. */
function nextUrl(mark: string, { type }: FhirRequest, { rawQuery, body }: RawRequest, { address }: Endpoint): string {
  const form = body instanceof Uint8Array ? Buffer.from(body).toString('latin1').replaceAll('+', '%20') : '';
  const kept = `${rawQuery}&${form}`.split('&').filter((pair) => pair !== '' && !/^_page(=|$)/.test(pair));
  return `${address}/${type}?${[...kept, `_page=${encodeURIComponent(mark)}`].join('&')}`;
}

function toEntry(resource: unknown, mode: 'match' | 'include', { address }: Endpoint): Resource {
  if (!isResource(resource)) throw unusable('included', 'a list of resources only');
  const { resourceType, id } = resource;
  const isOutcome = resourceType === 'OperationOutcome';
  return {
    ...(typeof id === 'string' ? { fullUrl: `${address}/${String(resourceType)}/${id}` } : {}),
    resource,
    search: { mode: isOutcome ? 'outcome' : mode },
  };
}

function versionHeaders(resource: Resource): Record<string, string> {
  const { versionId, lastUpdated } = metaOf(resource);
  const at = typeof lastUpdated === 'string' ? Date.parse(lastUpdated) : Number.NaN;
  return {
    ...(typeof versionId === 'string' ? { etag: `W/"${versionId}"` } : {}),
    ...(Number.isNaN(at) ? {} : { 'last-modified': new Date(at).toUTCString() }),
  };
}

function metaOf(resource: Resource): Resource {
  const { meta } = resource;
  return isRecord(meta) ? meta : {};
}

function isResource(data: unknown): data is Resource {
  return isRecord(data) && typeof data['resourceType'] === 'string';
}

/** A resource of the type, and of the id if both have one. */
function isOf(data: unknown, type: string | null, id: string | null = null): data is Resource {
  if (!isResource(data) || data['resourceType'] !== type) return false;
  return id === null || data['id'] === undefined || data['id'] === id;
}

function isBundle(data: unknown, type: string): data is Resource {
  return isOf(data, 'Bundle') && data['type'] === type;
}

/** Returns the Bundle with `entry` and `link` as lists. */
function withList(bundle: Resource): Resource {
  const lists = ['entry', 'link'].flatMap((name) => (isRecord(bundle[name]) ? [[name, [bundle[name]]] as const] : []));
  const all = { ...bundle, ...Object.fromEntries(lists) };
  if (all['entry'] !== undefined && !Array.isArray(all['entry'])) throw unusable('entries', 'a Bundle with a list of entries');
  return all;
}

function toList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  return isResource(value) ? [value] : undefined;
}

function unusable(problem: string, expected: string, values: Readonly<Record<string, number>> = {}): AppError {
  return new AppError('FHIR_REPLY', 'bug', `The reply of the flow is not ${expected}.`, {
    values: { problem, ...values },
    fix: 'Reply as the help of fhir.receive says for this interaction.',
  });
}
