/**
 * The contract of all parts of the gateways: the exchange that passes through the pipeline, the closed ordered list of
 * stages, and the shape of a policy. A policy file imports this file, the documents and the engine's contract, never
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
 * All stages in their order; no others exist. The order is important for security: a policy names its stage and cannot
 * move it. The stage `access` is for an installation's own policies; the product has no policy there.
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
 * What the header `Authorization: KQ1-…` claims, with app and key looked up in the plan. Nothing is proved before the
 * stage `authenticate`.
 */
export interface Claim {
  readonly authorization: Kq1Authorization;
  readonly app: AppDocument;
  readonly key: PlanKey;
  readonly digestAlgorithm: DigestAlgorithm;
}

/**
 * What only a gateway in the DMZ knows about a call that it forwards. It is trusted because of the node's certificate,
 * not because of the caller.
 */
export interface Relay {
  /** The node, identified by the first digits of its certificate's fingerprint. */
  readonly node: string;
  readonly traceId: string;
  readonly clientIp: string;
  /** How long the node still waits for the response, as a duration, because two clocks may differ. */
  readonly leftMs: number;
  /** The `traceparent` of the node's span; set when the trace is sampled. */
  readonly traceparent: string | undefined;
}

/** One request in the pipeline. Policies read and add values; nothing is ever removed. */
export interface Exchange {
  /** Number of the plan that serves this request from its first stage to its last. */
  planNumber: number;
  /** Headers by lower-case name. A repeated header has its first value here, and its name is in `repeated`. */
  readonly incoming: ReadonlyMap<string, string>;
  readonly repeated: ReadonlySet<string>;
  claim: Claim | undefined;
  /** Digest of the body as sent, by the claim's algorithm; computed while reading. */
  bodyDigest: Uint8Array | undefined;
  /** True if the body was not read, because the call stage streams it to the upstream. */
  isBodyStreamed: boolean;
  /** True if the gateway must hold the whole response, up to 10 MB, to sign it. */
  isAnswerSpooled: boolean;
  /**
   * True if the access log needs the bytes of a streamed response in `captured`. `captured` is undefined if there were
   * too many.
   */
  isAnswerCaptured: boolean;
  captured: Uint8Array | undefined;
  bytesIn: number;
  bytesOut: number;
  /** Number of calls of the upstream; more than 1 after retries. */
  attempts: number;
  /** Calls `release` once, when the response was sent or the caller has left. Policies free their resources there. */
  onEnd(release: () => void): void;
  /** Calls `action` once if the caller leaves, or has left, before the whole response was sent. */
  onLeave(action: () => void): void;
  /** Undefined if the request did not come through a gateway in the DMZ. */
  readonly relay: Relay | undefined;
  readonly front: Front;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedAt: number;
  traceId: string;
  /** The span of an authenticated caller that this request belongs to. */
  traceparent: string | undefined;
  /** The span of this request, from the start of its call; absent when its trace is not sampled. */
  span: Span | undefined;
  deadlineMs: number;
  clientIp: string;
  readonly method: string;
  /** Bytes as sent: the path without the query, and the text after `?` (`''` when there is none). */
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
  /** The parsed JSON body, if a policy needed it. */
  json: unknown;
  /** What a valid KQ1 signature has proved about the request. The response is signed with it. */
  proof:
    | {
        readonly keyId: string;
        readonly nonce: string;
        readonly canonicalDigest: string;
        readonly scheme: (typeof SIGNATURE_SCHEMES)[number];
        readonly key: KeyHandle;
      }
    | undefined;
  /** True if the call has started, so that the target may have received it. */
  isCalled: boolean;
  answer: Answer | undefined;
  error: GatewayError | undefined;
  /** Policies that complete every response, such as its signature. Set once the interface is found. */
  after: readonly RunPolicy[];
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Values of `Set-Cookie`, the one header whose values cannot be joined (RFC 9110, 5.3). */
  cookies?: readonly string[];
  /** Undefined when the call stage has streamed the body to the client. */
  body: Uint8Array | undefined;
}

/** An error response: `GW` code, HTTP status, and a text that does not reveal which part of a signature failed. */
export interface GatewayError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** The message in several languages, chosen by `Accept-Language`. */
  readonly text?: Text;
  readonly retryAfterSec?: number;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** Set for GW50402: `done` if the requested work is known to be done. */
  readonly outcome?: 'done' | 'unknown';
}

/**
 * An imported key of the plan. `handle` is undefined only for a caller's secret in a plan for a node in the DMZ,
 * because callers' secrets are not sent there.
 */
export interface PlanKey {
  readonly document: Omit<AppKeyDocument, 'sealedSecret'>;
  readonly handle: KeyHandle | undefined;
}

/** A plan indexed for fast look-ups; built once per plan. */
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

/** Limits and addresses of one gateway process. They are startup settings and frozen. */
export interface GatewayLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  /** Maximum number of requests per second from one address; the next field limits those of one app. */
  readonly maxRequestsPerIp: number;
  readonly maxRequestsPerApp: number;
  readonly maxRequestsPerConnection: number;
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** How long in-flight requests may still take when the gateway stops, in milliseconds. */
  readonly drainMs: number;
  /** Memory for the bodies of all requests together. */
  readonly bodyBudgetBytes: number;
  /** Maximum number of calls forwarded from the DMZ in flight: in total, and per node. */
  readonly maxForwardedCalls: number;
  readonly maxForwardedCallsPerNode: number;
}

/**
 * A gateway in the DMZ, as a bus gateway knows it. Its certificate identifies it. It may call one front and the listed
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
  /** The value 0 means any free port. */
  readonly port: number;
  /**
   * PEM texts. If absent, the gateway uses plain HTTP, which is allowed on loopback only. With `ca`, client
   * certificates must also chain to it.
   */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
  /** Addresses or CIDR ranges whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Used only by a bus gateway. */
  readonly forwardNodes?: readonly ForwardNode[];
  readonly limits?: Partial<GatewayLimits>;
}

/** The source of a gateway's plan: control in the same process, or a file (`gateways/plan/`). */
export interface PlanSource {
  current(): GatewayPlan | undefined;
  onChange(listener: (plan: GatewayPlan) => void): () => void;
}

/** Takes finished access log lines. It never blocks and never throws. */
export interface AccessLog {
  write(line: string): void;
  close(): Promise<void>;
}

/**
 * The result of reading a body as JSON. With `isBusy`, the body is not at fault and may be sent again later. With
 * `isCostly`, reading it took too much computing time or memory. `excess` is set if the body has too many values or
 * names.
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

/** A schema that is compiled when a check first needs it. It also tells what a check costs. */
export interface CheckedSchema {
  readonly text: string;
  /** True if values are strings, as in a query, and the schema may see them as numbers and booleans. */
  readonly coerces: boolean;
  /**
   * False for a schema that exceeds a limit because it was published before the limits existed. Its cost is only known
   * after a check.
   */
  readonly isBounded: boolean;
  /**
   * Returns true if compiling the schema and checking the value is fast enough for an event loop. `bytes` is the length
   * of the value as JSON, if known.
   */
  isQuick(value: unknown, bytes?: number): boolean;
  /** Returns the first problem; undefined when the value is valid. */
  check(value: unknown): SchemaIssue | undefined;
}

export type CheckedJson = JsonResult | { readonly issues: readonly SchemaIssue[] };

/**
 * Reads JSON strictly and checks it. Short bodies are processed at once, the others in a thread, where callers take
 * turns. For an invalid body, returns up to 20 problems if a thread can list them, otherwise only the first one.
 */
export interface JsonReader {
  read(bytes: Uint8Array, from: Sender): JsonResult | Promise<JsonResult>;
  /**
   * Reads a body and checks it. Without `wantsValue`, `value` may be undefined, so that a large value is not copied
   * from its thread.
   */
  readChecked(bytes: Uint8Array, schema: CheckedSchema, from: Sender, wantsValue: boolean): CheckedJson | Promise<CheckedJson>;
  /** Checks a value. `bytes` is the length of the value as JSON, if known. */
  check(value: unknown, schema: CheckedSchema, from: Sender, bytes?: number): CheckedJson | Promise<CheckedJson>;
  close(): Promise<void>;
}

/** Identifies the caller, because callers take turns in the threads. Also tells when the caller stops waiting. */
export type Sender = Pick<Exchange, 'app' | 'user' | 'clientIp' | 'onLeave'>;

/** The memory for bodies that the gateway holds as a whole. All requests share it. */
export interface BodyBudget {
  /**
   * Starts counting a body. Calls `letGo` at most once: when the body is dropped and its bytes are freed. The reason is
   * `full` if the body had to make room for others, or `slow` if it arrives too slowly.
   */
  begin(exchange: Pick<Exchange, 'clientIp' | 'relay'>, letGo: (why: 'full' | 'slow') => void): ArrivingBody;
  /**
   * Takes memory for data that cannot be requested again, such as a response. Arriving bodies are dropped to make room.
   * Returns false when there is not enough memory.
   */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export interface ArrivingBody {
  /** Counts a received piece. Returns false if there is no room and this body was dropped; its bytes are freed then. */
  add(bytes: number): boolean;
  /** Called when the body is complete, or will not be read further. Its bytes stay counted. */
  end(): void;
  /** Frees the bytes of the body. Further calls do nothing. */
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
  /** Caches a value that is costly to build, for as long as plans use its key. */
  memo<Value>(key: string, make: () => Value): Value;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /**
   * Verifies a signature. With a public key, the check waits until it is the turn of its connection. If a node in the
   * DMZ forwarded the request, the check waits for the turn of that node instead.
   */
  verify(exchange: Exchange, key: KeyHandle, data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  readonly shared: Pick<SharedState, 'claimOnce'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  plan(): GatewayPlan;
}

/**
 * Returns `undefined` to continue, or a `GatewayError` to refuse the request. Return a promise only where necessary,
 * because each promise costs time.
 */
export type RunPolicy = (exchange: Exchange) => GatewayError | undefined | Promise<GatewayError | undefined>;

/** A problem in a policy's options. `problem` selects the text (`POLICY_OPTIONS/…` in engine/contract/error-texts). */
export interface OptionProblem {
  /** JSON Pointer within the options. */
  readonly path: string;
  readonly problem: string;
  readonly value: string;
  readonly message: string;
  readonly fix: string;
}

/** One file of `gateways/policies/` with `export default definePolicy({...})`. A scan of the folder finds it. */
export interface Policy<Schema extends TObject = TObject> {
  /** The name of the file. */
  readonly name: string;
  readonly stage: Stage;
  readonly fronts: readonly Front[];
  readonly text: { readonly label: Text; readonly help: Text };
  readonly options: Schema;
  /** Finds problems of options that the schema cannot express. Called when an interface is saved. */
  readonly findProblems?: (options: Static<Schema>) => readonly OptionProblem[];
  /** True on the fronts where the policy applies without being named by the interface. */
  readonly isDefault: (front: Front) => boolean;
  /** True on the fronts where an interface may switch the policy off with `false`. */
  readonly isOptional: (front: Front) => boolean;
  /**
   * Called once per interface. For stages before `route` it is called once per front, without an interface. Returns
   * undefined when the policy has nothing to do.
   */
  compile(options: Static<Schema>, target: InterfaceDocument | undefined, front: Front, deps: PolicyDeps): RunPolicy | undefined;
}

export function definePolicy<Schema extends TObject>(policy: Policy<Schema>): Policy<Schema> {
  return policy;
}
