import { Type, type Static } from 'typebox';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type Effect, type NodeContext, type Scope } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { probeHttp } from '../shared/http/probe.ts';
import { compileTemplate, encodeHeaderValue } from '../shared/http/template.ts';
import { createCallFhir, type FhirCall } from './call-fhir.ts';
import {
  checkTemplates,
  compileMatch,
  compileResourcePath,
  filled,
  idTemplate,
  resourceIn,
  resourceType,
  searchParameters,
} from './fields.ts';

const Config = Type.Object(
  {
    operation: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')], {
      ...fieldText('操作', 'Operation', undefined, undefined, {
        options: { create: ['新建', 'Create'], update: ['更新', 'Update'], delete: ['删除', 'Delete'] },
      }),
      default: 'create',
    }),
    resourceType,
    id: Type.Optional(idTemplate),
    match: searchParameters(
      '匹配条件',
      'Match',
      '新建时：已有匹配的资源就不再新建（If-None-Exist）。更新、删除时：代替编号。',
      'On create: nothing is created if a resource matches (If-None-Exist). On update and delete: in place of the id.',
    ),
    ifMatch: Type.Optional(
      Type.String({
        ...fieldText(
          '版本',
          'Version',
          '只在服务器上仍是此版本时更新（If-Match）；可含占位符。',
          'Updates only if the server still has this version (If-Match); can contain placeholders.',
          { example: '{data.meta.versionId}' },
        ),
        ...fieldEditor('template'),
        minLength: 1,
        maxLength: 500,
      }),
    ),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

const NEEDS_PLACE = { 'zh-CN': '更新和删除须填写编号或匹配条件之一', en: 'an update or delete needs either an id or a match' };
const NO_PLACE = { 'zh-CN': '新建时由服务器编号', en: 'the server gives the id of a new resource' };

/** Creates, updates or deletes a resource on a FHIR server, with the conditional headers of R4. */
export default defineNode({
  type: 'fhir.write',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'file-pen',
  text: {
    label: { 'zh-CN': 'FHIR 写入', en: 'FHIR write' },
    help: {
      'zh-CN': '新建、更新或删除一个 FHIR 资源，支持条件操作。',
      en: 'Creates, updates or deletes a FHIR resource, on conditions too.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'fhir',
  effect: effectOf,
  config: Config,
  check(config: Config) {
    const { operation, id, match, ifMatch } = config;
    const hasOne = (id === undefined) !== (Object.keys(match).length === 0);
    return [
      ...(operation !== 'create' && !hasOne ? [{ path: '/id', message: NEEDS_PLACE }] : []),
      ...(operation === 'create' && id !== undefined ? [{ path: '/id', message: NO_PLACE }] : []),
      ...checkTemplates({
        ...(id === undefined ? {} : { '/id': id }),
        ...(ifMatch === undefined ? {} : { '/ifMatch': ifMatch }),
        ...Object.fromEntries(Object.entries(match).map(([name, template]) => [`/match/${name}`, template])),
      }),
    ];
  },
  prepare(config) {
    const call = createCallFhir();
    const requestOf = compileRequest(config);
    return async (ctx, message) => {
      const body = config.operation === 'delete' ? undefined : resourceIn(message.data, config.resourceType);
      const { status, headers, resource } = await call(ctx, { ...requestOf(ctx, body), body, effect: effectOf(config) });
      const data = { status, ...placeOf(headers, resource), resource: resource ?? null };
      return { emit: { ok: [withData(message, data, 'application/json')] } };
    };
  },
  probe: probeHttp,
});

function effectOf({ operation, match }: Config): Effect {
  return operation === 'create' && Object.keys(match).length === 0 ? 'write' : 'idempotent-write';
}

type Request = Pick<FhirCall, 'method' | 'path' | 'headers'>;

function compileRequest(config: Config): (ctx: Pick<NodeContext<Config>, 'scope'>, body: unknown) => Request {
  const { operation, resourceType: type, id, ifMatch } = config;
  const queryOf = compileMatch(config.match);
  const fillVersion = ifMatch === undefined ? undefined : compileTemplate(ifMatch, encodeHeaderValue);
  // Without its version, the update would overwrite what others wrote.
  const versionOf = (scope: Scope) => (fillVersion === undefined ? undefined : filled(fillVersion(scope), 'ifMatch'));
  if (operation === 'create')
    return ({ scope }) => {
      const match = queryOf(scope);
      return { method: 'POST', path: `/${type}`, headers: match === '' ? {} : { 'if-none-exist': match } };
    };
  const pathOf = id === undefined ? (scope: Scope) => `/${type}?${queryOf(scope)}` : compileResourcePath(type, id);
  return ({ scope }) => {
    const version = versionOf(scope);
    return {
      method: operation === 'update' ? 'PUT' : 'DELETE',
      path: pathOf(scope),
      headers: version === undefined ? {} : { 'if-match': `W/"${version}"` },
    };
  };
}

/** The id and version that the server gave, from its Location header or the resource. */
function placeOf(headers: Readonly<Record<string, string>>, resource: Readonly<Record<string, unknown>> | undefined) {
  const [, fromPath, versionFromPath] =
    /\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/.exec(headers['location'] ?? '') ?? [];
  const meta = resource?.['meta'] as { readonly versionId?: unknown } | undefined;
  const tag = /^(?:W\/)?"([^"]{1,64})"$/.exec(headers['etag'] ?? '')?.[1];
  const id = resource?.['resourceType'] === 'OperationOutcome' ? fromPath : (resource?.['id'] ?? fromPath);
  const versionId = meta?.versionId ?? versionFromPath ?? tag;
  return { ...(id === undefined ? {} : { id }), ...(versionId === undefined ? {} : { versionId }) };
}
