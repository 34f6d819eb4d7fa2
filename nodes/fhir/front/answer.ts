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
      return searchset(data, request, raw, endpoint);
    case 'transaction':
    case 'batch':
      if (isResource(data) && data['type'] === `${request.interaction}-response`) return fhirReply(200, data);
      throw unusable(`a Bundle of the type ${request.interaction}-response`);
    case 'delete':
      return { status: 204, headers: {}, message: { ...reply.message, data: undefined } };
    case 'read':
      return read(data, raw);
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

function read(data: unknown, { headers }: RawRequest): Reply {
  if (data === null || data === undefined) return outcomeReply(404, [{ type: 'not-found', text: 'There is no such resource.' }]);
  if (!isResource(data)) throw unusable('a resource, or null if there is none');
  const version = versionHeaders(data);
  const isKnown =
    version['etag'] !== undefined && (headers['if-none-match'] ?? '').split(',').some((one) => one.trim() === version['etag']);
  return isKnown ? { status: 304, headers: version, message: { ...fhirReply(304, undefined).message } } : fhirReply(200, data, version);
}

/** The flow replies with the resource, or with `{ resource, created }` if it did not do what the interaction is named after. */
function written(data: unknown, { interaction, prefer }: FhirRequest, { address }: Endpoint): Reply {
  const wrapped = isRecord(data) && !isResource(data) ? data : undefined;
  const resource = wrapped === undefined ? data : wrapped['resource'];
  if (!isResource(resource) || typeof resource['id'] !== 'string') throw unusable('the stored resource with its id');
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

/** The flow replies with a list, with `{ resources, included, total, next }` as fhir.search emits it, or with a Bundle. */
function searchset(data: unknown, request: FhirRequest, raw: RawRequest, endpoint: Endpoint): Reply {
  if (isResource(data) && data['resourceType'] === 'Bundle') return fhirReply(200, data);
  const page = Array.isArray(data) ? { resources: data as unknown[] } : data;
  if (!isRecord(page) || !Array.isArray(page['resources'])) throw unusable('a list of resources, or { resources, included, total, next }');
  const resources = page['resources'] as unknown[];
  const included = Array.isArray(page['included']) ? (page['included'] as unknown[]) : [];
  const isCount = request.search?.summary === 'count' || request.search?.count === 0;
  const entry = isCount
    ? []
    : [...resources.map((one) => toEntry(one, 'match', endpoint)), ...included.map((one) => toEntry(one, 'include', endpoint))];
  const { total, next } = page;
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

/** The next page is the same search with the flow's own mark of where it goes on. A search by POST goes on by GET. */
function nextUrl(mark: string, { type }: FhirRequest, { rawQuery, body }: RawRequest, { address }: Endpoint): string {
  const form = body instanceof Uint8Array ? Buffer.from(body).toString('latin1').replaceAll('+', '%20') : '';
  const kept = `${rawQuery}&${form}`.split('&').filter((pair) => pair !== '' && !/^_page(=|$)/.test(pair));
  return `${address}/${type}?${[...kept, `_page=${encodeURIComponent(mark)}`].join('&')}`;
}

function toEntry(resource: unknown, mode: 'match' | 'include', { address }: Endpoint): Resource {
  if (!isResource(resource)) throw unusable('resources only');
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

function unusable(expected: string): AppError {
  return new AppError('FHIR_REPLY', 'bug', `The reply of the flow is not ${expected}.`, {
    fix: 'Reply as the help of fhir.receive says for this interaction.',
  });
}
