import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort, type NodeContext } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { pathBelow } from '../shared/http/next-path.ts';
import { probeHttp } from '../shared/http/probe.ts';
import { readSettings } from '../shared/read-settings.ts';
import { HttpSettings } from '../shared/http/settings.ts';
import { createCallFhir } from './call-fhir.ts';
import { checkTemplates, compileParameters, resourceType, searchParameters } from './fields.ts';

const Config = Type.Object(
  {
    resourceType,
    parameters: searchParameters(
      '查询参数',
      'Parameters',
      'FHIR 查询参数；占位符无值时省略该参数。',
      'Search parameters of FHIR; one whose placeholder has no value is left out.',
    ),
    mostResources: Type.Integer({
      ...fieldText(
        '最多资源数',
        'Most resources',
        '会逐页读取；超过时报错，不会只取一部分。',
        'All pages are read; more are an error, resources are never left out.',
      ),
      minimum: 1,
      maximum: 10_000,
      default: 1000,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Searches resources on a FHIR server and reads all pages of the result. */
export default defineNode({
  type: 'fhir.search',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'search',
  text: {
    label: { 'zh-CN': 'FHIR 查询', en: 'FHIR search' },
    help: { 'zh-CN': '按条件查询 FHIR 资源，自动翻页。', en: 'Searches FHIR resources and reads all pages.' },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'fhir',
  effect: 'read',
  config: Config,
  check: ({ parameters }: Config) =>
    checkTemplates(Object.fromEntries(Object.entries(parameters).map(([name, template]) => [`/parameters/${name}`, template]))),
  prepare(config) {
    const call = createCallFhir();
    const queryOf = compileParameters(config.parameters);
    return async (ctx, message) => {
      const query = queryOf(ctx.scope);
      const result: Found = { resources: [], included: [] };
      let path: string | undefined = `/${config.resourceType}${query === '' ? '' : `?${query}`}`;
      const seen = new Set<string>();
      let total: unknown;
      while (path !== undefined) {
        if (seen.has(path)) throw wrongPage('the page was read before', 'circle');
        // Each page should have a resource. A server that links to empty pages without end would never be done.
        if (seen.size > config.mostResources) throw wrongPage('it has more pages than resources are allowed', 'pages');
        seen.add(path);
        const { resource } = await call(ctx, { method: 'GET', path, effect: 'read' });
        if (resource?.['resourceType'] !== 'Bundle') throw wrongPage('the server did not return a Bundle', 'bundle');
        total ??= resource['total'];
        collect(resource['entry'], result, config.mostResources);
        path = nextPath(resource['link'], ctx);
      }
      const { resources, included } = result;
      const data = { total: typeof total === 'number' ? total : resources.length, resources, included };
      return { emit: { ok: [withData(message, data, 'application/json')] } };
    };
  },
  probe: probeHttp,
});

interface Found {
  readonly resources: unknown[];
  readonly included: unknown[];
}

function collect(entries: unknown, found: Found, most: number): void {
  for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
    if (!isRecord(entry) || entry['resource'] === undefined) continue;
    const mode = isRecord(entry['search']) ? entry['search']['mode'] : undefined;
    // An outcome is a warning of the server, and no resource that was searched.
    if (mode === 'outcome') continue;
    (mode === 'include' ? found.included : found.resources).push(entry['resource']);
    if (found.resources.length + found.included.length > most)
      throw new AppError('FHIR_TOO_MANY', 'input', `The search found more than ${most} resources.`, {
        values: { limit: most },
        fix: 'Narrow the search, or raise the limit of the node.',
      });
  }
}

/**
 * Returns the path of the next page below the base URL. A link to another server is refused: it would get the adapter's
 * credential.
 */
function nextPath(links: unknown, ctx: NodeContext<unknown>): string | undefined {
  const next = (Array.isArray(links) ? (links as unknown[]) : []).find((link) => isRecord(link) && link['relation'] === 'next');
  const url = isRecord(next) ? next['url'] : undefined;
  if (typeof url !== 'string' || url === '') return undefined;
  const path = pathBelow(readSettings(ctx.adapter!, HttpSettings).baseUrl, url);
  if (path === undefined) throw wrongPage('its next page is on another server', 'elsewhere');
  return path;
}

function wrongPage(reason: string, problem: string): AppError {
  return new AppError('FHIR_PAGE_WRONG', 'input', `The search cannot be read to its end: ${reason}.`, {
    values: { problem },
    fix: 'Check the base URL of the adapter; the server must name itself in its links by the same address.',
  });
}
