import type { Exchange, GatewayError, PolicyDeps, RunPolicy } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { refuse, refuseJson } from '../errors.ts';
import type { Carrier } from '../content/leaf.ts';
import { declaredNames, showPointer } from '../shared/masking/plain-names.ts';
import { createInspector, type Inspected, type InspectionFault, type Inspector } from './create-inspector.ts';
import type { GuardOptions } from './guard-options.ts';
import { DETECTORS, type Detector } from './inspect-leaf.ts';
import { inspectParts, type InspectionHit, type InspectionOrder, type PassedField } from './inspect-request.ts';

/**
 * Compiles one of the two policies. Both judge the same reading of a request: the one that runs first reads it for
 * both.
 */
export function compileGuard(
  detector: Detector,
  options: GuardOptions,
  target: InterfaceDocument,
  deps: PolicyDeps,
): RunPolicy | undefined {
  const { mode = 'block', base64 = 'monitor' } = options;
  if (mode === 'off') return undefined;
  const inspection = deps.keepers.ofInterface('inspections', () => new WeakMap<Exchange, Inspected | Promise<Inspected>>());
  const inspector = deps.keepers.ofGateway('inspector', () => createInspector(deps.clock));
  const orderAt = createOrders(target);
  const declared = declaredNames(target.requestSchema, target.querySchema);
  const judge = (exchange: Exchange, hits: Inspected): GatewayError | undefined => {
    if (typeof hits === 'string') return mode === 'block' || hits !== 'unreadable' ? refuseFault(hits) : skip(exchange, detector);
    let blocked: InspectionHit | undefined;
    for (const found of hits) {
      if (found.detector !== detector) continue;
      const hit = { ...found, pointer: showPointer(found.pointer, declared) };
      const effective = hit.isEncoded && base64 !== 'block' ? base64 : mode;
      if (effective === 'off') continue;
      const blocks = effective === 'block' && mode === 'block';
      record(exchange, hit, blocks, deps);
      if (blocks) blocked ??= hit;
    }
    return blocked && refuseHit(blocked);
  };
  return (exchange) => {
    let hits = inspection.get(exchange);
    if (hits === undefined) inspection.set(exchange, (hits = inspect(exchange, orderAt(deps.clock.now()), inspector)));
    return hits instanceof Promise ? hits.then((late) => judge(exchange, late)) : judge(exchange, hits);
  };
}

function refuseFault(fault: InspectionFault): GatewayError {
  if (fault === 'unreadable') return UNREADABLE;
  return refuseJson({ problem: '', ...(fault === 'busy' ? { isBusy: true } : { isCostly: true }) });
}

/** In monitor mode a body that cannot be read passes, but the log says that nobody looked at it. */
function skip(exchange: Exchange, policy: Detector): undefined {
  exchange.note({ policy, where: 'body', what: 'not-inspected' });
}

const UNREADABLE = refuse('GW41502', {
  text: {
    'zh-CN':
      '该接口检查请求内容，无法读取此请求体：不要压缩，字符集使用 UTF-8；multipart 须为浏览器的常用写法：以 CRLF 换行，首尾无多余内容，头和参数不重复，名称不含转义，不单独使用 filename*，不用传输编码',
    en: 'This interface checks its content and cannot read the body: send it uncompressed and in UTF-8, and multipart as browsers do: lines end with CRLF, nothing before or after the parts, no repeated header or parameter, no escapes in names, no filename* alone, no transfer encoding.',
  },
});

/** Returns what both policies of an interface want to know, without the exceptions that have expired. */
function createOrders({ policies = {} }: InterfaceDocument): (now: number) => InspectionOrder {
  const detectors: Detector[] = [];
  const passed: (PassedField & { readonly until: number })[] = [];
  let opensBase64 = false;
  for (const detector of DETECTORS) {
    const chosen = policies[detector];
    if (chosen === undefined || chosen === false) continue;
    const { mode = 'block', base64 = 'monitor', exceptions = [] } = chosen as GuardOptions;
    if (mode === 'off') continue;
    detectors.push(detector);
    opensBase64 ||= base64 !== 'off';
    for (const { carrier, field, expiresAt } of exceptions)
      passed.push({ detector, carrier, pointer: field, until: Date.parse(expiresAt) });
  }
  const unchanging: InspectionOrder = { detectors, opensBase64, passed: [] };
  if (passed.length === 0) return () => unchanging;
  return (now) => ({
    ...unchanging,
    passed: passed.flatMap(({ until, ...field }) => (now < until ? [field] : [])),
  });
}

/** A body that cannot be inspected outweighs hits elsewhere, because those may only be recorded. */
function inspect(exchange: Exchange, order: InspectionOrder, inspector: Inspector): Inspected | Promise<Inspected> {
  const { params, rawQuery, headers, incoming, body } = exchange;
  const hits = inspectParts({ params, query: rawQuery, headers, cookie: incoming.get('cookie') }, order);
  if (body === undefined || body.byteLength === 0) return hits;
  // A compressed body that nobody has opened.
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity') return 'unreadable';
  const inBody = inspector.inspect(body, incoming.get('content-type') ?? '', order, exchange);
  if (hits.length === 0) return inBody;
  const join = (found: Inspected): Inspected => (typeof found === 'string' ? found : [...hits, ...found]);
  return inBody instanceof Promise ? inBody.then(join) : join(inBody);
}

function record(exchange: Exchange, hit: InspectionHit, blocks: boolean, { metrics, report, clock, keepers }: PolicyDeps): void {
  const { detector, structure, carrier, shape } = hit;
  const outcome = blocks ? 'blocked' : 'seen';
  exchange.note({
    policy: detector,
    where: `${carrier}:${hit.pointer}${hit.isName ? ' (name)' : ''}`,
    what: `${structure} ${shape}`,
  });
  metrics.count('gateway_content_hits_total', { kind: detector, what: structure, type: carrier, outcome });
  const last = keepers.ofInterface('inspection-reports', () => new Map<string, number>());
  const key = `${detector} ${structure} ${outcome}`;
  const now = clock.now();
  if (now - (last.get(key) ?? -Infinity) < REPORT_EVERY_MS) return;
  last.set(key, now);
  report({ kind: 'content-hit', interfaceId: exchange.interface!.interfaceId, subject: detector, values: { structure, carrier, outcome } });
}

/** An attack hits often: one event a minute for each kind is enough, metrics count the others. */
const REPORT_EVERY_MS = 60_000;

const PLACES: Readonly<Record<Carrier, string>> = {
  ...{ path: '/params', query: '/query', header: '/headers', cookie: '/cookies' },
  ...{ body: '/body', form: '/body', xml: '/body', multipart: '/body' },
};

/** The same text for both policies: it names the field and not the rule. */
function refuseHit({ carrier, pointer }: InspectionHit): GatewayError {
  const place = PLACES[carrier] + pointer;
  return refuse('GW40305', {
    text: {
      'zh-CN': `请求内容被安全检查拦截：${place} 含有会被当作程序执行的内容。请改为普通文字；确属正常内容时，请联系平台为该字段设置例外`,
      en: `The content was blocked: ${place} holds text that could be run as code. Send plain text; if the content is legitimate, ask the platform for an exception for this field.`,
    },
    issues: [{ path: place, message: 'this field holds text that could be run as code' }],
  });
}
