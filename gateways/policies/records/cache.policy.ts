import { Type } from 'typebox';
import type { Front } from '../../../engine/contract/access/access.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { createCacheKey, readCacheParam, type CacheParam, type CacheRequest, type CacheScope } from '../../cache/cache-key.ts';
import { ResponseCache, type CacheRules } from '../../cache/response-cache.ts';
import { definePolicy, type Exchange, type OptionProblem, type PolicyDeps, type RunPolicy } from '../../contract.ts';
import type { InterfaceDocument } from '../../documents/interface-document.ts';
import { isVisibleHeader } from '../../shared/visible-headers.ts';

const DAY_SEC = 86_400;
const USUAL_TTL_SEC = 60;

const Level = Type.Union([Type.Literal('none'), Type.Literal('L1'), Type.Literal('L1L2')], {
  ...fieldText(
    '缓存级别',
    'Level',
    'L1 在每个网关进程的内存中；L1L2 另存一份加密的副本到共享状态，各网关共用。',
    'L1: in the memory of each gateway process. L1L2: also sealed in the shared state, for all gateways.',
    {
      options: {
        none: ['不缓存', 'No cache'],
        L1: ['进程内（L1）', 'Process (L1)'],
        L1L2: ['进程内和共享（L1L2）', 'Process and shared (L1L2)'],
      },
    },
  ),
  default: 'L1',
});

const Scope = Type.Union([Type.Literal('public'), Type.Literal('app'), Type.Literal('user')], {
  ...fieldText(
    '共用范围',
    'Scope',
    '谁能得到同一份应答。范围以外的身份不会发给目标。不填时：用户网关为同一用户，其他网关为同一应用。',
    'Who may get the same response. The target does not see an identity outside the scope. If left out: the same user on the user front, else the same app.',
    { options: { public: ['所有调用方', 'All callers'], app: ['同一应用', 'The same app'], user: ['同一用户', 'The same user'] } },
  ),
});

const Param = Type.String({
  pattern: '^(?:path:[A-Za-z0-9._~-]{1,64}|query:[^\\s&=]{1,64}|header:[A-Za-z0-9-]{1,64}|body:(?:/\\S{0,200})?)$',
});

/**
 * Answers from earlier responses of the target. The stage comes after every check of the request, so an unsigned or
 * refused request never gets a cached response. The policies after the call run for cached responses too. The target
 * is called apart from the request: once for all requests with the same key.
 */
export default definePolicy({
  name: 'cache',
  stage: 'cache',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '应答缓存', en: 'Response cache' },
    help: {
      'zh-CN':
        '有效期内相同的请求直接返回缓存的应答，不再调用目标；同时到达的相同请求只调用一次。只缓存状态 200、203、204 且不超过 1 MB 的应答；带 Set-Cookie、Cache-Control: private / no-store / no-cache，或 Vary 列出未选请求头的应答不缓存。应答头 Cache-Status 说明结果。接口保存后缓存立即失效，也可在接口页清除。',
      en: 'Equal requests get the cached response without a call of the target; equal requests that arrive together cause one call. Only responses with status 200, 203 or 204 and up to 1 MB are cached; not those with Set-Cookie, with Cache-Control private, no-store or no-cache, or whose Vary names a header that is not selected. The response header Cache-Status shows what happened. Saving the interface ends its cached responses, and the page of the interface can purge them.',
    },
  },
  options: Type.Object(
    {
      level: Type.Optional(Level),
      scope: Type.Optional(Scope),
      ttlSec: Type.Optional(
        Type.Integer({
          ...fieldText(
            '有效期（秒）',
            'Time to live (s)',
            '实际时长有正负 10% 的随机差异，以免同时失效。目标给出更短的 max-age 时，以目标为准。',
            'Varies by 10 % up and down, so that responses do not end together. A shorter max-age of the target takes precedence.',
          ),
          minimum: 1,
          maximum: DAY_SEC,
          default: USUAL_TTL_SEC,
        }),
      ),
      staleSec: Type.Optional(
        Type.Integer({
          ...fieldText(
            '过期后仍可用（秒）',
            'Stale time (s)',
            '过期后的这段时间内先返回旧应答，并在后台更新；目标出错时也继续使用。0 为不使用过期应答。',
            'For this time after its end a response is still used while it is renewed in the background, also if the target fails. 0: never.',
          ),
          minimum: 0,
          maximum: DAY_SEC,
          default: 0,
        }),
      ),
      params: Type.Optional(
        Type.Array(Param, {
          ...fieldText(
            '区分应答的参数',
            'Parameters of the key',
            '写作 query:名称、header:名称、path:名称；POST 用 body:JSON 指针（body: 为整个请求体）。路径总是计入。未列出的查询参数和请求头不会发给目标。不填时：全部查询参数，不含请求头。',
            'Written query:name, header:name, path:name; for POST body:JSON pointer (body: alone is the whole body). The path always counts. Query parameters and headers that are not listed are not sent to the target. If left out: the whole query and no headers.',
            { example: 'query:page' },
          ),
          maxItems: 32,
          uniqueItems: true,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  findProblems: (options, target) => findProblems(options, target),
  reads: ({ level }, { method }) => (level === 'none' ? {} : { body: method === 'POST', answer: true }),
  isDefault: () => false,
  isOptional: () => true,
  compile: (options, target, front, deps) =>
    compileCache(options, target!, front, deps, (cache, exchange, request, rules) => cache.answer(exchange, request, rules)),
  explain: (options, target, front, deps) =>
    compileCache(options, target!, front, deps, (cache, _exchange, request) => cache.peek(request)),
});

type Use = (cache: ResponseCache, exchange: Exchange, request: CacheRequest, rules: CacheRules) => ReturnType<RunPolicy>;

function compileCache(options: CacheOptions, target: InterfaceDocument, front: Front, deps: PolicyDeps, use: Use): RunPolicy | undefined {
  const { scope = usualScope(front), ttlSec = USUAL_TTL_SEC, staleSec = 0, level = 'L1' } = options;
  // A plan may hold documents that were saved by another version, so unsafe options switch the cache off here.
  if (level === 'none' || findProblems(options, target).length > 0) return undefined;
  const params = options.params?.map(readCacheParam);
  const headers = new Set(params?.filter(({ kind }) => kind === 'header').map(({ name }) => name));
  const keyOf = createCacheKey(target, { scope, params }, deps);
  const cache = deps.keepers.ofGateway('response-cache', () => new ResponseCache(deps, front));
  const rules: CacheRules = {
    interfaceId: target.interfaceId,
    ttlMs: 1000 * ttlSec,
    staleMs: 1000 * staleSec,
    usesShared: level === 'L1L2',
    callTarget: deps.callTarget,
    selects: (header) => headers.has(header),
  };
  return (exchange) => {
    const request = keyOf(exchange);
    if (request instanceof Promise) return request.then((late) => late && use(cache, exchange, late, rules));
    return request && use(cache, exchange, request, rules);
  };
}

interface CacheOptions {
  readonly level?: 'none' | 'L1' | 'L1L2';
  readonly scope?: CacheScope;
  readonly ttlSec?: number;
  readonly staleSec?: number;
  readonly params?: readonly string[];
}

function usualScope(front: Front): CacheScope {
  return front === 'user' ? 'user' : 'app';
}

function findProblems({ level, scope: chosen, params = [] }: CacheOptions, target: InterfaceDocument): readonly OptionProblem[] {
  if (level === 'none') return [];
  const { method, front, dataClass, path } = target;
  const scope = chosen ?? usualScope(front);
  const read = params.map(readCacheParam);
  const usesBody = read.some(({ kind }) => kind === 'body');
  const found: OptionProblem[] = [];
  if (method !== 'GET' && method !== 'POST')
    found.push({
      ...{ path: '', problem: 'cache-method', value: method },
      message: `The responses of ${method} cannot be cached, because it changes something.`,
      fix: 'Switch the cache off. It is for GET, and for POST that only reads.',
    });
  if (method === 'POST' && !usesBody)
    found.push({
      ...{ path: '/params', problem: 'cache-post', value: method },
      message: 'A POST is cached only if parts of its body belong to the key.',
      fix: 'Add a parameter such as body:/patientId, or body: for the whole body, if the POST only reads.',
    });
  if (scope === 'user' && front !== 'user')
    found.push({
      ...{ path: '/scope', problem: 'cache-user', value: front },
      message: `There are no users on the front ${front}.`,
      fix: 'Choose the scope app or public.',
    });
  if (dataClass === 'sensitive' && scope !== 'user')
    found.push({
      ...{ path: '/scope', problem: 'cache-sensitive', value: scope },
      message: 'Sensitive data is cached only for one user.',
      fix: 'Choose the scope user, which the user front has, or switch the cache off.',
    });
  read.forEach((param, i) => found.push(...findParamProblems(param, i, method, path)));
  return found;
}

function findParamProblems({ kind, name }: CacheParam, i: number, method: string, path: string): readonly OptionProblem[] {
  const at = { path: `/params/${i}`, value: name };
  if (kind === 'header' && !isVisibleHeader(name))
    return [
      {
        ...{ ...at, problem: 'cache-header' },
        message: `The target never gets the header ${name}, so responses cannot depend on it.`,
        fix: 'Remove this parameter. The scope already separates callers.',
      },
    ];
  if (kind === 'path' && !path.split('/').includes(`:${name}`))
    return [
      {
        ...{ ...at, problem: 'cache-path' },
        message: `The path has no parameter ${name}.`,
        fix: 'Use a name from the path, or remove it.',
      },
    ];
  if (kind === 'body' && method !== 'POST')
    return [{ ...{ ...at, problem: 'cache-body' }, message: `A ${method} has no body.`, fix: 'Remove this parameter.' }];
  return [];
}
