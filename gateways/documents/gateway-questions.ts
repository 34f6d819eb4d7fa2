/** What control asks gateways over the shared state, and what they reply. */
import { Type, type Static } from 'typebox';
import { FRONTS, type Front } from '../../engine/contract/access/access.ts';
import type { CallOutcome } from '../../engine/contract/calls/call-stats.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { closed, OneOf } from './document-fields.ts';
import type { LoadReport } from './load-state.ts';

/** Which lines of the access log are wanted. The values that are present must all match. */
export const CallQuery = Type.Object(
  {
    /** The trace id, or at least its first 8 characters. */
    traceId: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z-]{8,64}$' })),
    /** The app that made the call, or that the request claimed without proof. */
    appId: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    interfaceId: Type.Optional(Type.String({ pattern: '^ifc_[A-Za-z0-9_-]{1,60}$' })),
    code: Type.Optional(Type.String({ pattern: '^GW[0-9]{5}$' })),
    /** Calls about which one of these policies noted something, whether it refused them or not. */
    notedBy: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z-]{1,40}$' }), { minItems: 1, maxItems: 5 })),
    outcome: Type.Optional(OneOf(['refused', 'failed', 'passed'])),
    front: Type.Optional(OneOf(FRONTS)),
    ip: Type.Optional(Type.String({ maxLength: 45, pattern: '^[0-9A-Fa-f:.]+$' })),
    /** Epoch milliseconds, both ends included. */
    from: Type.Optional(Type.Integer({ minimum: 0 })),
    to: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);
export type CallQuery = Static<typeof CallQuery>;

/**
 * Names one line of the access log. A trace id alone does not: nested calls share it, and so may calls of interfaces of
 * different domains.
 */
export const CallName = Type.Object(
  {
    traceId: Type.String({ pattern: '^[0-9A-Za-z-]{8,64}$' }),
    at: Type.Integer({ minimum: 0, description: '`at` of the call' }),
    front: OneOf(FRONTS),
    /** Absent for a call that reached no interface. */
    interfaceId: Type.Optional(Type.String({ pattern: '^ifc_[A-Za-z0-9_-]{1,60}$' })),
  },
  closed,
);
export type CallName = Static<typeof CallName>;

/** One call of the access log without its bodies. */
export interface CallLine {
  /** Epoch milliseconds when the request arrived; `ms` is how long it took. */
  readonly at: number;
  readonly ms: number;
  readonly front: Front;
  readonly traceId: string;
  readonly method?: string;
  /** The published path, never the requested one, which may contain personal data. */
  readonly path?: string;
  readonly interfaceId?: string;
  readonly appId?: string;
  /** The app that the request claimed, if it did not prove it. Anyone may claim any app. */
  readonly claimedAppId?: string;
  readonly keyId?: string;
  readonly ip: string;
  /** The gateway in the DMZ that forwarded the call. */
  readonly via?: string;
  readonly status?: number;
  /** The error of the gateway, and the policy that decided. */
  readonly code?: string;
  readonly decidedBy?: string;
  readonly notes?: readonly { readonly policy: string; readonly where?: string; readonly what: string }[];
  readonly hasLeft?: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly attempts?: number;
  readonly planNumber?: number;
  /** True if the line has sealed bodies, a query or the requested path. */
  readonly hasBodies: boolean;
  /** The process with the log. */
  readonly processId: string;
}

/** The sealed parts of a line, opened. */
export interface CallBodies {
  readonly target?: string;
  readonly query?: string;
  readonly in?: string;
  readonly out?: string;
}

/** The bodies of a call, with the interface that its line names. */
export interface OpenedCall {
  readonly interfaceId?: string;
  readonly bodies: CallBodies;
}

export interface FoundCalls {
  readonly calls: readonly CallLine[];
  /** Set if the search ended before the whole log was read: lines older than this were not looked at. */
  readonly readTo?: number;
}

/**
 * A request as an operator describes it. `target` is path and query as they would be sent. The app `appId` is assumed to
 * have proved who it is; without it, the described headers must prove it. On the user front `user` has the claims of the
 * assumed token.
 */
export const DescribedRequest = Type.Object(
  {
    method: OneOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    target: Type.String({ minLength: 1, maxLength: 8000, pattern: '^/[\\x21-\\x7e]*$' }),
    headers: Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }), Type.String({ maxLength: 8000 }), { maxProperties: 50 }),
    body: Type.Optional(Type.String({ maxLength: 100_000 })),
    clientIp: Type.String({ maxLength: 45, pattern: '^[0-9A-Fa-f:.]+$' }),
    appId: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    user: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.Unknown())),
  },
  closed,
);
export type DescribedRequest = Static<typeof DescribedRequest>;

/**
 * What one policy says. `skipped`: it cannot judge a description, or was assumed to let the request pass. `hidden`: what
 * it would say is not for the person who asks.
 */
export interface StageVerdict {
  readonly stage: string;
  readonly policy: string;
  readonly verdict: 'passes' | 'refuses' | 'answers' | 'skipped' | 'hidden' | 'not-reached';
  readonly code?: string;
  readonly text?: Text;
  readonly notes?: CallLine['notes'];
  /** The fields of the request that are wrong. Their values are not in the messages. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

export interface Explanation {
  readonly planNumber: number;
  readonly interfaceId?: string;
  readonly verdicts: readonly StageVerdict[];
  /** What the caller would get; absent if the request reaches its target. */
  readonly refusal?: { readonly code: string; readonly status: number; readonly text: Text };
}

/** A change of state that operators must see, such as an opened breaker or an ejected instance. */
export interface GatewayEvent {
  /** Counts the events of one gateway since its start, from 1; 0 for a sum of refusals, which grows while its minute lasts. */
  readonly number: number;
  readonly at: number;
  /** Such as `breaker-opened`. The console has a text for each kind. */
  readonly kind: string;
  readonly interfaceId?: string;
  /** The instance, group, list or rule that changed. It contains no personal data. */
  readonly subject?: string;
  /** Numbers and codes that explain the change. */
  readonly values?: Readonly<Record<string, string | number>>;
}

/** A `GatewayEvent` before the gateway gives it its number and time. */
export type StateChange = Omit<GatewayEvent, 'number' | 'at'>;

/** One call, without its content. */
export interface RecentCall {
  /** Counts the calls of one gateway while they are asked for. */
  readonly number: number;
  /** When it ended. */
  readonly at: number;
  readonly ms: number;
  readonly front: Front;
  readonly traceId: string;
  readonly outcome: CallOutcome;
  readonly interfaceId?: string;
  /** The app that proved who it is. */
  readonly appId?: string;
  /** The error of the gateway. */
  readonly code?: string;
  readonly status?: number;
}

export interface RecentCallPage {
  readonly calls: readonly RecentCall[];
  /** The number of the last call; calls that are neither here nor left for the next question were too many to keep. */
  readonly newest: number;
}

/** A question to every gateway process, or to the one that it names. */
export type GatewayQuestion =
  | { readonly kind: 'find-calls'; readonly query: CallQuery; readonly interfaceIds?: readonly string[]; readonly limit: number }
  | { readonly kind: 'open-call'; readonly call: CallName; readonly interfaceIds?: readonly string[] }
  /** The policies `hidden` are not asked. */
  | { readonly kind: 'explain'; readonly front: Front; readonly request: DescribedRequest; readonly hidden: readonly string[] }
  | { readonly kind: 'events' }
  /** `after` has the number of the last known call by gateway (`<process>/<gateway>`). */
  | { readonly kind: 'recent-calls'; readonly after: Readonly<Record<string, number>>; readonly limit: number }
  | { readonly kind: 'load'; readonly interfaceId: string }
  | { readonly kind: 'drain'; readonly processId: string; readonly isDraining: boolean };

export type GatewayReply =
  | ({ readonly kind: 'find-calls' } & FoundCalls)
  /** `damaged`: the call is there, but its bodies cannot be opened. */
  | { readonly kind: 'open-call'; readonly opened: OpenedCall | 'damaged' | undefined }
  | { readonly kind: 'explain'; readonly explanation: Explanation | undefined }
  | { readonly kind: 'events'; readonly events: readonly (GatewayEvent & { readonly front: string })[] }
  | { readonly kind: 'recent-calls'; readonly gateways: readonly (RecentCallPage & { readonly gateway: string })[] }
  | { readonly kind: 'load'; readonly loads: readonly GatewayLoad[] }
  | { readonly kind: 'drain'; readonly gateways: readonly DrainedGateway[] }
  /** Too many other questions wait. */
  | { readonly kind: 'busy' };

/** The load of an interface in the gateway of one front. A bus gateway also serves what nodes in the DMZ forward. */
export interface GatewayLoad extends LoadReport {
  readonly gateway: string;
}

/** A gateway of a process that is drained or takes calls again. */
export interface DrainedGateway {
  readonly front: string;
  readonly inFlight: number;
}

/** What was heard within the time, and from which processes. */
export interface HeardReplies {
  readonly replies: readonly { readonly processId: string; readonly reply: GatewayReply }[];
  /** Number of gateway processes that should have replied. */
  readonly asked: number;
}

/**
 * Asks the gateway processes of the installation. The gateways stop working on it when the signal aborts. Rejects with
 * SHARED_STATE_DOWN (transient) if none can be asked.
 */
export type AskGateways = (question: GatewayQuestion, signal?: AbortSignal) => Promise<HeardReplies>;
