/**
 * Actions for calls of interfaces. The access logs stay where they are written: each question goes to the gateways of
 * all processes.
 */
import { Type } from 'typebox';
import { FRONTS } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { PLAIN_TEXT } from '../../engine/contract/values/plain-text.ts';
import {
  CallName,
  CallQuery,
  DescribedRequest,
  type AskGateways,
  type CallBodies,
  type CallLine,
  type Explanation,
  type GatewayEvent,
  type GatewayLoad,
} from '../../gateways/documents/gateway-questions.ts';
import type { ManualState } from '../../gateways/documents/manual-state.ts';
import { OneOf } from '../../gateways/documents/document-fields.ts';
import type { DomainScope } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import { all, type Owners } from '../action/owners.ts';
import type { Registry } from '../registry/registry.ts';
import { createAskWithinLimits, type AskWithinLimits } from './ask-within-limits.ts';

export interface CallServices {
  readonly registry: Registry;
  readonly askGateways: AskGateways;
  readonly owners: Owners;
}

interface AskingServices extends CallServices {
  readonly ask: AskWithinLimits;
}

/** Calls of all gateways that replied, the newest first. */
export interface FoundCallList {
  readonly items: readonly CallLine[];
  /** Number of gateway processes that replied, of the `asked` that should: the calls of the others are missing. */
  readonly gateways: number;
  readonly asked: number;
  /** Set if calls older than this may be missing: the search has a time limit. */
  readonly readTo?: number;
}

export interface GatewayEventList {
  readonly items: readonly (GatewayEvent & { readonly front: string; readonly processId: string })[];
  readonly gateways: number;
}

/** The load in each gateway that serves the interface. `gateways`: how many processes replied. */
export interface InterfaceLoads {
  readonly loads: readonly (GatewayLoad & { readonly processId: string })[];
  readonly gateways: number;
  /** What a person decided last about its calls. It may be over. */
  readonly manual?: ManualState;
}

const LIMIT = 200;
const InterfaceId = Type.String({ maxLength: 64 });

export function callActions(services: CallServices): readonly Action[] {
  const asking = { ...services, ask: createAskWithinLimits(services.askGateways) };
  return [searchCalls(asking), openCall(asking), explainRequest(asking), listEvents(services), readLoad(services)];
}

function searchCalls(services: AskingServices): Action {
  return defineAction({
    name: 'calls.search',
    right: 'interfaces.read',
    domain: 'filtered',
    text: {
      'zh-CN': '查找调用：按链路标识、应用、接口、错误码、来源地址和时间，查询所有网关的访问日志',
      en: 'Find calls in the access logs of all gateways by trace id, app, interface, error code, address and time',
    },
    input: Type.Object(
      { ...CallQuery.properties, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMIT, default: 50 })) },
      closed,
    ),
    audited: false,
    async run(ctx, { limit = 50, ...query }): Promise<FoundCallList> {
      const interfaceIds = await interfacesOf(ctx.domains, services);
      const { replies, asked } = await services.ask(ctx, { kind: 'find-calls', query, limit, ...(interfaceIds && { interfaceIds }) });
      const found = replies.flatMap(({ reply }) => (reply.kind === 'find-calls' ? [reply] : []));
      const all = found.flatMap(({ calls }) => calls).sort((a, b) => b.at - a.at);
      // What one gateway did not read, or what does not fit, may be older than what is shown of another one.
      const limits = [...found.flatMap(({ readTo }) => readTo ?? []), ...(all.length > limit ? [all[limit]!.at] : [])];
      return { items: all.slice(0, limit), gateways: found.length, asked, ...(limits.length > 0 && { readTo: Math.max(...limits) }) };
    },
  });
}

function openCall(services: AskingServices): Action {
  return defineAction({
    name: 'calls.open',
    right: 'executions.payload',
    domain: 'filtered',
    text: {
      'zh-CN': '查看一次调用的报文（脱敏后）：须说明理由，留下审计',
      en: 'Read the masked bodies of a call: requires a reason and writes an audit line',
    },
    input: Type.Object({ ...CallName.properties, reason: Type.String({ minLength: 5, maxLength: 500, pattern: PLAIN_TEXT }) }, closed),
    audited: true,
    subject: ({ interfaceId, front, traceId }) => `${interfaceId ?? front} ${traceId}`,
    async run(ctx, { reason, ...named }): Promise<CallBodies> {
      ctx.note.reason = reason;
      const interfaceIds = await interfacesOf(ctx.domains, services);
      if (!isAmong(named.interfaceId, interfaceIds)) throw gone();
      const { replies } = await services.ask(ctx, { kind: 'open-call', call: named, ...(interfaceIds && { interfaceIds }) });
      const opened = replies.flatMap(({ reply }) => (reply.kind === 'open-call' ? (reply.opened ?? []) : []))[0];
      if (opened === 'damaged') throw damaged();
      // Check the line itself again: a gateway may be of another build.
      if (opened === undefined || opened.interfaceId !== named.interfaceId) throw gone();
      return opened.bodies;
    },
  });
}

function explainRequest(services: AskingServices): Action {
  return defineAction({
    name: 'calls.explain',
    right: 'interfaces.read',
    domain: 'filtered',
    text: {
      'zh-CN': '模拟请求：网关的每个策略会如何处理，不产生任何影响',
      en: 'What each policy of a gateway would do to a described request, without any effect',
    },
    input: Type.Object({ front: OneOf(FRONTS), request: DescribedRequest }, closed),
    // The result tells about people, grants and address lists.
    audited: true,
    subject: ({ front }) => front,
    async run(ctx, { front, request }): Promise<Explanation> {
      // Whom it was about stays out of the trail, as for a look-up of blocked callers.
      const { appId, user } = request;
      ctx.note.after = { front, namesUser: user !== undefined, ...(appId !== undefined && { appId }) };
      const hidden = hiddenPolicies(ctx);
      const { replies } = await services.ask(ctx, { kind: 'explain', front, request, hidden });
      const explained = replies.flatMap(({ reply }) =>
        reply.kind === 'explain' && reply.explanation !== undefined ? [reply.explanation] : [],
      );
      // The gateway with the newest plan knows best.
      const explanation = explained.sort((a, b) => b.planNumber - a.planNumber)[0];
      if (explanation === undefined)
        throw new AppError('GATEWAY_SILENT', 'transient', `No gateway of the ${front} front has replied.`, {
          values: { front },
          fix: 'Check that a gateway of this front is running, then try again.',
        });
      const { interfaceId } = explanation;
      if (interfaceId !== undefined) ctx.note.subject = interfaceId;
      // A path without an interface and one of others look alike, so nobody finds out what others have published.
      const isRouted = interfaceId !== undefined || explanation.verdicts.some(({ stage }) => stage === 'route');
      if (isRouted && !isAmong(interfaceId, await interfacesOf(ctx.domains, services))) throw noneOfYours();
      return explanation;
    },
  });
}

/**
 * Policies whose verdicts a person may not see: those about blocked people need what `blocked-callers.find` needs, those
 * about grants and address lists need the right that lists them.
 */
function hiddenPolicies({ actor, domains }: ActionContext): readonly string[] {
  if (!isAllowed(actor, 'callers.read')) return ['blocked-caller', 'grant', 'caller-domain', 'front-ip-list', 'domain-ip-list', 'ip-list'];
  return domains.only === undefined ? [] : ['blocked-caller'];
}

function listEvents(services: CallServices): Action {
  return defineAction({
    name: 'gateways.events',
    right: 'interfaces.read',
    domain: 'filtered',
    text: {
      'zh-CN': '网关状态变化：熔断、摘除、限流调整等，最近的在前',
      en: 'Changes of state of the gateways, such as opened breakers and ejected instances, the newest first',
    },
    input: Type.Object({ interfaceId: Type.Optional(InterfaceId) }, closed),
    audited: false,
    async run({ domains }, { interfaceId: wanted }): Promise<GatewayEventList> {
      const interfaceIds = await interfacesOf(domains, services);
      const { replies } = await services.askGateways({ kind: 'events' });
      const items = replies.flatMap(({ processId, reply }) =>
        reply.kind === 'events' ? reply.events.map((event) => ({ ...event, processId })) : [],
      );
      const isSeen = ({ interfaceId }: GatewayEvent) =>
        (wanted === undefined || interfaceId === wanted) && isAmong(interfaceId, interfaceIds);
      return {
        items: items.filter(isSeen).sort((a, b) => b.at - a.at),
        gateways: replies.filter(({ reply }) => reply.kind === 'events').length,
      };
    },
  });
}

function readLoad({ askGateways, owners, registry }: CallServices): Action {
  return defineAction({
    name: 'interfaces.load',
    right: 'interfaces.read',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: {
      'zh-CN': '接口在各网关的负载与保护：并发限制、熔断、后端实例、限流与配额的使用',
      en: 'Load of an interface in each gateway: concurrency limit, breaker, instances, use of rate limits and quotas',
    },
    input: Type.Object({ interfaceId: InterfaceId }, closed),
    audited: false,
    async run(_ctx, { interfaceId }): Promise<InterfaceLoads> {
      const [{ replies }, manual] = await Promise.all([askGateways({ kind: 'load', interfaceId }), registry.manualStates.get(interfaceId)]);
      const loads = replies.flatMap(({ processId, reply }) =>
        reply.kind === 'load' ? reply.loads.map((load) => ({ ...load, processId })) : [],
      );
      return { loads, gateways: replies.filter(({ reply }) => reply.kind === 'load').length, ...(manual && { manual }) };
    },
  });
}

/** Returns the interfaces that a person may see; undefined for someone with all domains. */
async function interfacesOf(domains: DomainScope, { registry }: CallServices): Promise<readonly string[] | undefined> {
  if (domains.only === undefined) return undefined;
  return domains.keep(await registry.interfaces.list()).map(({ interfaceId }) => interfaceId);
}

function isAmong(interfaceId: string | undefined, only: readonly string[] | undefined): boolean {
  return only === undefined || (interfaceId !== undefined && only.includes(interfaceId));
}

function noneOfYours(): AppError {
  return new AppError('CALL_REACHES_NONE', 'input', 'The request reaches no interface of your domains.', {
    fix: 'Check front, method and path. To simulate calls of another domain, ask someone who has it.',
  });
}

function gone(): AppError {
  return new AppError('CALL_NOT_FOUND', 'input', 'No gateway that replies has this call in its access log.', {
    fix: 'The log keeps the latest calls only, and a gateway that is stopped does not reply. Check the trace id and the list of gateways.',
  });
}

function damaged(): AppError {
  return new AppError(
    'CALL_DAMAGED',
    'input',
    'The record of this call cannot be opened: it is damaged, or was changed after it was written.',
    {
      fix: 'Check the disk of the gateway, and who can write its log files. Other calls are not affected.',
    },
  );
}
