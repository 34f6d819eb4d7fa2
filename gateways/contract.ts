/**
 * The contract of all parts of the gateways: the exchange that passes through the pipeline, the closed ordered list
 * of stages, and the shape of a policy. A policy file imports this, the documents and the engine's contract, never
 * another policy.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Static, TObject } from 'typebox';
import type { Front } from '../engine/contract/access/access.ts';
import type { Clock } from '../engine/contract/values/clock.ts';
import type { Kq1Authorization } from '../engine/contract/kq1/kq1.ts';
import type { Logger, Metrics, Span } from '../engine/contract/values/observe.ts';
import type { Crypto, DigestAlgorithm, KeyHandle } from '../engine/contract/ports/crypto.ts';
import type { SharedState } from '../engine/contract/ports/shared-state.ts';
import type { JsonExcess } from '../engine/contract/schema/scan-json.ts';
import type { Seal } from '../engine/contract/values/seal.ts';
import type { Text } from '../engine/contract/values/texts.ts';
import type {
  AppDocument,
  AppKeyDocument,
  BusConsumer,
  GrantDocument,
  SIGNATURE_SCHEMES,
  UserTokenKey,
} from './documents/caller-documents.ts';
import type { GatewayPlan } from './documents/gateway-plan.ts';
import type { InterfaceDocument } from './documents/interface-document.ts';

/**
 * The closed ordered list of stages. Their order is part of the security argument: a policy names its stage and
 * cannot move it. `access` is for policies of an installation's own; no policy of the product stands there.
 */
export const STAGES = [
  'trace',
  'client-ip',
  'coarse-limit',
  'route',
  'state',
  'headers',
  'claim',
  'body',
  'authenticate',
  'nonce',
  'grant',
  'limit',
  'schema',
  'access',
  'call',
  'seal',
  'log',
] as const;
export type Stage = (typeof STAGES)[number];

/**
 * What the `Authorization: KQ1-…` header claims, already looked up in the plan; nothing is proved before the stage
 * `authenticate`.
 */
export interface Claim {
  readonly authorization: Kq1Authorization;
  readonly app: AppDocument;
  readonly key: PlanKey;
  readonly digestAlgorithm: DigestAlgorithm;
}

/**
 * What only a gateway in the DMZ knows about a call that it forwards. Its certificate vouches for this, not the
 * caller.
 */
export interface Relay {
  /** The node: the first digits of its certificate's fingerprint. */
  readonly node: string;
  readonly traceId: string;
  readonly clientIp: string;
  /** How long the node still waits for the response. A duration, since two clocks may differ. */
  readonly leftMs: number;
  /** Of the node's span, when the trace is sampled. */
  readonly traceparent: string | undefined;
}

/** One request in the pipeline. Policies read and add; nothing is ever removed. */
export interface Exchange {
  /** Number of the plan that serves this request from its first stage to its last. */
  planNumber: number;
  /** Headers as received, lower-case names; for a repeated one the first value, and its name in `repeated`. */
  readonly incoming: ReadonlyMap<string, string>;
  readonly repeated: ReadonlySet<string>;
  claim: Claim | undefined;
  /** Digest of the body as sent, by the claim's algorithm; computed while reading. */
  bodyDigest: Uint8Array | undefined;
  /** The body was not read: the call stage streams it to the upstream. */
  isBodyStreamed: boolean;
  /** The gateway must hold the whole response (it signs it), up to 10 MB. */
  isAnswerSpooled: boolean;
  /**
   * The access log wants the bytes of a streamed response in `captured`; that is undefined when there were too many.
   */
  isAnswerCaptured: boolean;
  captured: Uint8Array | undefined;
  bytesIn: number;
  bytesOut: number;
  /** Calls of the upstream; more than 1 after retries. */
  attempts: number;
  /** Calls `release` once when the response was sent or the caller has left; a policy frees its resources there. */
  onEnd(release: () => void): void;
  /**
   * Calls `action` once if the caller leaves before the whole response was sent; at once if the caller has already
   * left.
   */
  onLeave(action: () => void): void;
  /** Undefined: the request did not come through a gateway in the DMZ. */
  readonly relay: Relay | undefined;
  readonly front: Front;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedAt: number;
  traceId: string;
  /** The span of an authenticated caller that this request belongs to. */
  traceparent: string | undefined;
  /** The span of this request, from its call on; absent when its trace is not sampled. */
  span: Span | undefined;
  deadlineMs: number;
  clientIp: string;
  readonly method: string;
  /** Bytes as sent: path without query, and what follows `?` (`''` when none). */
  readonly rawPath: string;
  readonly rawQuery: string;
  host: string;
  interface: InterfaceDocument | undefined;
  params: Readonly<Record<string, string>>;
  app: AppDocument | undefined;
  /** Claims of the user's token on the user front. */
  user: Readonly<Record<string, unknown>> | undefined;
  /** Headers that the flow and the upstream may see, lower-case. */
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  /** The parsed JSON body, when a policy needed it. */
  json: unknown;
  /** What a KQ1 request proved; the response is signed with it. */
  proof:
    | {
        readonly keyId: string;
        readonly nonce: string;
        readonly canonicalDigest: string;
        readonly scheme: (typeof SIGNATURE_SCHEMES)[number];
        readonly key: KeyHandle;
      }
    | undefined;
  /** Its call has started, so the target may have been asked to do something. */
  isCalled: boolean;
  answer: Answer | undefined;
  error: GatewayError | undefined;
  /** Policies that complete any response of the interface, such as the signature; set once the interface is found. */
  after: readonly RunPolicy[];
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Values of `Set-Cookie`, the one header whose values cannot be joined (RFC 9110, 5.3). */
  cookies?: readonly string[];
  /** Undefined when the call stage streamed it straight to the response. */
  body: Uint8Array | undefined;
}

/**
 * An error response: `GW` code, HTTP status, and a text that helps without revealing which part of a signature
 * failed.
 */
export interface GatewayError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** The same text in several languages, chosen by `Accept-Language`. */
  readonly text?: Text;
  readonly retryAfterSec?: number;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** For GW50402: whether the requested work is known to be done. */
  readonly outcome?: 'done' | 'unknown';
}

/**
 * A key of the plan, imported. It has no handle only in a plan for a node in the DMZ: a caller's secret stays inside.
 */
export interface PlanKey {
  readonly document: Omit<AppKeyDocument, 'sealedSecret'>;
  readonly handle: KeyHandle | undefined;
}

/** A plan, indexed for the hot path; built once per plan. */
export interface PlanIndex {
  app(appId: string): AppDocument | undefined;
  key(appId: string, keyId: string): PlanKey | undefined;
  grant(appId: string, interfaceId: string): GrantDocument | undefined;
  userTokenKey(kid: string): { readonly document: UserTokenKey; readonly handle: KeyHandle } | undefined;
  busConsumerByToken(digestHex: string): BusConsumer | undefined;
  busConsumerByCertificate(fingerprintHex: string): BusConsumer | undefined;
  /** Undefined in a plan for a node in the DMZ. */
  readonly platformKey: { readonly keyId: string; readonly handle: KeyHandle } | undefined;
}

/** Limits and addresses of one gateway process; startup settings, frozen. */
export interface GatewayLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  /** Requests per second of one address, and of one app. */
  readonly maxRequestsPerIp: number;
  readonly maxRequestsPerApp: number;
  readonly maxRequestsPerConnection: number;
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** How long in-flight requests may take when the gateway stops. */
  readonly drainMs: number;
  /** Memory for request bodies, all requests together. */
  readonly bodyBudgetBytes: number;
  /** Calls forwarded from the DMZ that may be in flight: in all, and per node. */
  readonly maxForwardedCalls: number;
  readonly maxForwardedCallsPerNode: number;
}

/**
 * A gateway in the DMZ whose calls a bus gateway accepts: identified by its certificate, for one front and the named
 * service domains.
 */
export interface ForwardNode {
  /** SHA-256 of the certificate, hex, lower case. */
  readonly fingerprint: string;
  readonly front: Exclude<Front, 'bus'>;
  readonly domains: readonly string[];
}

export interface GatewaySettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM texts. Absent: plain HTTP, allowed on loopback only. `ca`: client certificates must also chain to it. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  /** Addresses or CIDR ranges whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Only for a bus gateway. */
  readonly forwardNodes?: readonly ForwardNode[];
  readonly limits?: Partial<GatewayLimits>;
}

/** The source of a gateway's plan: control in the same process, or a file (`gateways/plan/`). */
export interface PlanSource {
  current(): GatewayPlan | undefined;
  onChange(listener: (plan: GatewayPlan) => void): () => void;
}

/** Takes finished access log lines; never blocks, never throws. */
export interface AccessLog {
  write(line: string): void;
  close(): Promise<void>;
}

/**
 * The result of reading a body as JSON. `isBusy`: the body is not at fault and may be sent again later. `isCostly`:
 * it took too much computing or memory. `excess`: it has too many values or names.
 */
export type JsonResult =
  | { readonly value: unknown }
  | { readonly problem: string; readonly isBusy?: true; readonly isCostly?: true; readonly excess?: JsonExcess };

/** Where a value violates its schema; the message names the rule, never the value. */
export interface SchemaIssue {
  /** JSON Pointer. */
  readonly path: string;
  readonly message: string;
}

/** A schema and the cost of a check; compiled by the first check that needs it. */
export interface CheckedSchema {
  readonly text: string;
  /** Values are strings, as in a query, that stand for numbers and booleans. */
  readonly coerces: boolean;
  /** False for a schema that was published before the limits existed and exceeds one: only a try shows its cost. */
  readonly isBounded: boolean;
  /**
   * True when compiling it and checking the value is fast enough for an event loop. `bytes`: length of the value as
   * JSON, where known.
   */
  isQuick(value: unknown, bytes?: number): boolean;
  /** Returns the first problem; undefined when the value is valid. */
  check(value: unknown): SchemaIssue | undefined;
}

export type CheckedJson = JsonResult | { readonly issues: readonly SchemaIssue[] };

/**
 * Reads JSON strictly and checks it. Short bodies are done at once, the others in a thread, where callers take turns.
 * For an invalid body it returns all problems that a thread can list (at most 20), or else the first one.
 */
export interface JsonReader {
  read(bytes: Uint8Array, from: Sender): JsonResult | Promise<JsonResult>;
  /** Without `wantsValue`, `value` may be undefined: a large value is then not copied from its thread. */
  readChecked(bytes: Uint8Array, schema: CheckedSchema, from: Sender, wantsValue: boolean): CheckedJson | Promise<CheckedJson>;
  /** `bytes`: length of the value as JSON, where known. */
  check(value: unknown, schema: CheckedSchema, from: Sender, bytes?: number): CheckedJson | Promise<CheckedJson>;
  close(): Promise<void>;
}

/** Identifies whose share of the threads is used, and when the caller stops waiting. */
export type Sender = Pick<Exchange, 'app' | 'user' | 'clientIp' | 'onLeave'>;

/** The memory for bodies that are read whole, all requests together. */
export interface BodyBudget {
  /**
   * Starts counting a body. Calls `letGo` at most once, when the body is dropped and its bytes are freed: to make
   * room for others (`full`), or because it arrives too slowly (`slow`).
   */
  begin(exchange: Pick<Exchange, 'clientIp' | 'relay'>, letGo: (why: 'full' | 'slow') => void): ArrivingBody;
  /**
   * Takes memory for data that cannot be requested again, such as a response; arriving bodies make room. Returns
   * false when there is none.
   */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export interface ArrivingBody {
  /** Counts a received piece. Returns false when there is no room and this body was dropped; its bytes are freed. */
  add(bytes: number): boolean;
  /** The body is complete, or will not be read further; its bytes stay counted. */
  end(): void;
  /** Frees its bytes, once. */
  release(): void;
}

export interface PolicyDeps {
  readonly index: PlanIndex;
  readonly settings: GatewaySettings;
  /** Seals bodies in the access log. */
  readonly seal: Pick<Seal, 'seal'>;
  readonly accessLog: AccessLog;
  readonly bodies: BodyBudget;
  readonly json: Pick<JsonReader, 'readChecked' | 'check'>;
  /** Caches a value that is costly to build, as long as plans use its key. */
  memo<Value>(key: string, make: () => Value): Value;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /**
   * Verifies a signature. With a public key the check waits for the turn of its connection, or of the DMZ node that
   * forwarded it.
   */
  verify(exchange: Exchange, key: KeyHandle, data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  readonly shared: Pick<SharedState, 'claimOnce'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  plan(): GatewayPlan;
}

/**
 * Returns `undefined` to continue, or a `GatewayError` to refuse the request. Synchronous where possible: a promise
 * has a cost.
 */
export type RunPolicy = (exchange: Exchange) => GatewayError | undefined | Promise<GatewayError | undefined>;

/** `problem` selects the text (`POLICY_OPTIONS/…` in engine/contract/error-texts). */
export interface OptionProblem {
  /** JSON Pointer within the options. */
  readonly path: string;
  readonly problem: string;
  readonly value: string;
  readonly message: string;
  readonly fix: string;
}

/** One file of `gateways/policies/`, `export default definePolicy({...})`; found by a folder scan. */
export interface Policy<Schema extends TObject = TObject> {
  /** The name of the file. */
  readonly name: string;
  readonly stage: Stage;
  readonly fronts: readonly Front[];
  readonly text: { readonly label: Text; readonly help: Text };
  readonly options: Schema;
  /** Checks of the options that the schema cannot express; called when an interface is saved. */
  readonly findProblems?: (options: Static<Schema>) => readonly OptionProblem[];
  /** True on the fronts where the policy applies without being named by the interface. */
  readonly isDefault: (front: Front) => boolean;
  /** True on the fronts where an interface may switch it off with `false`. */
  readonly isOptional: (front: Front) => boolean;
  /**
   * Called once per interface (stages before `route`: once per front, without an interface). Returns undefined when
   * the policy has nothing to do for it.
   */
  compile(options: Static<Schema>, target: InterfaceDocument | undefined, front: Front, deps: PolicyDeps): RunPolicy | undefined;
}

export function definePolicy<Schema extends TObject>(policy: Policy<Schema>): Policy<Schema> {
  return policy;
}
