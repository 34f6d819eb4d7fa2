/**
 * What every part of the gateways agrees on: the exchange that walks the pipeline, the closed ordered list of stages, and the shape of a
 * policy. A policy file sees this, the documents and the engine's contract, never another policy.
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
  GatewayPlan,
  GrantDocument,
  InterfaceDocument,
  SIGNATURE_SCHEMES,
  UserTokenKey,
} from './documents.ts';

/**
 * The closed ordered list of stages (design page 2, section 1). Their order is part of the security argument: a policy names its stage
 * and cannot move it. Stages without a policy yet stand here all the same.
 */
export const STAGES = [
  'connection',
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
  'decrypt',
  'schema',
  'attack',
  'access',
  'cache',
  'admission',
  'mirror',
  'call',
  'response',
  'seal',
  'log',
] as const;
export type Stage = (typeof STAGES)[number];

/** What the `Authorization: KQ1-…` header claims, already found in the plan; nothing is proved before the stage `authenticate`. */
export interface Claim {
  readonly authorization: Kq1Authorization;
  readonly app: AppDocument;
  readonly key: PlanKey;
  readonly digestAlgorithm: DigestAlgorithm;
}

/** What a gateway in the DMZ alone knows of a call that it hands over. Its certificate vouches for it, not the caller. */
export interface Relay {
  /** The node, by the first digits of its certificate's fingerprint. */
  readonly node: string;
  readonly traceId: string;
  readonly clientIp: string;
  /** How long the node waits for the answer; counted, since two clocks may differ. */
  readonly leftMs: number;
  /** Of the node's span, when the trace is sampled. */
  readonly traceparent: string | undefined;
}

/** One request on its way. Policies read and add; nothing is ever removed. */
export interface Exchange {
  /** The plan this request is served by, from its first stage to its last. */
  planNumber: number;
  /** Headers as they came, lower-case names; of a repeated one the first value, and its name in `repeated`. */
  readonly incoming: ReadonlyMap<string, string>;
  readonly repeated: ReadonlySet<string>;
  claim: Claim | undefined;
  /** Digest of the body as sent, by the claim's algorithm; made while reading. */
  bodyDigest: Uint8Array | undefined;
  /** The body was not read: the call stage streams it to the upstream. */
  isBodyStreamed: boolean;
  /** The answer must pass the gateway whole (it is signed), up to 10 MB. */
  isAnswerSpooled: boolean;
  /** Bytes of a streamed answer that the access log asked for; undefined when there were too many. */
  isAnswerCaptured: boolean;
  captured: Uint8Array | undefined;
  bytesIn: number;
  bytesOut: number;
  /** Calls of the upstream; more than 1 after retries. */
  attempts: number;
  /** Called once when the answer has left or the caller has gone, for what a policy has taken. */
  onEnd(release: () => void): void;
  /** The action is called once when the caller leaves before the whole answer is out, at once if it has left. */
  onLeave(action: () => void): void;
  /** Undefined: the caller came here himself. */
  readonly relay: Relay | undefined;
  readonly front: Front;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedAt: number;
  traceId: string;
  /** Of a caller that has proved who it is: the span of its own that this request is part of. */
  traceparent: string | undefined;
  /** Of this request, from its call on; absent when its trace is not sampled. */
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
  /** Headers that flow and upstream may see, lower-case. */
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  /** Parsed JSON body, when a policy needed it. */
  json: unknown;
  /** What a KQ1 request proved: needed to sign the answer. */
  proof:
    | {
        readonly keyId: string;
        readonly nonce: string;
        readonly canonicalDigest: string;
        readonly scheme: (typeof SIGNATURE_SCHEMES)[number];
        readonly key: KeyHandle;
      }
    | undefined;
  /** Its call has begun: what lies behind the gateway may have been asked to do something. */
  isCalled: boolean;
  answer: Answer | undefined;
  error: GatewayError | undefined;
  /** What completes any answer of its interface, such as the signature; set when that is found. */
  after: readonly RunPolicy[];
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Of `Set-Cookie`, the one header whose values cannot be joined (RFC 9110, 5.3). */
  cookies?: readonly string[];
  /** Undefined when the call stage streamed it straight to the response. */
  body: Uint8Array | undefined;
}

/** A refusal: `GW` code, HTTP status, and a text that helps without telling which part of a signature failed. */
export interface GatewayError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** The same for people, by `Accept-Language`. */
  readonly text?: Text;
  readonly retryAfterSec?: number;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** Of GW50402: whether what was asked for is known to have been done. */
  readonly outcome?: 'done' | 'unknown';
}

/** A key of the plan, imported. Without a handle only in a plan that is handed out: a caller's secret is known inside alone. */
export interface PlanKey {
  readonly document: Omit<AppKeyDocument, 'sealedSecret'>;
  readonly handle: KeyHandle | undefined;
}

/** A plan, indexed for the hot path; made once per plan. */
export interface PlanIndex {
  app(appId: string): AppDocument | undefined;
  key(appId: string, keyId: string): PlanKey | undefined;
  grant(appId: string, interfaceId: string): GrantDocument | undefined;
  userTokenKey(kid: string): { readonly document: UserTokenKey; readonly handle: KeyHandle } | undefined;
  busConsumerByToken(digestHex: string): BusConsumer | undefined;
  busConsumerByCertificate(fingerprintHex: string): BusConsumer | undefined;
  /** Undefined in a plan that is handed out. */
  readonly platformKey: { readonly keyId: string; readonly handle: KeyHandle } | undefined;
}

/** Limits and addresses of one gateway process; bootstrap settings, frozen. */
export interface GatewayLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  /** Requests a second, of an address and of an app. */
  readonly maxRequestsPerIp: number;
  readonly maxRequestsPerApp: number;
  readonly maxRequestsPerConnection: number;
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** How long in-flight requests may take when the gateway stops. */
  readonly drainMs: number;
  /** Bodies held in memory, all requests together. */
  readonly bodyBudgetBytes: number;
  /** Calls that gateways in the DMZ have handed over and that are under way, of all of them and of each. */
  readonly maxForwardedCalls: number;
  readonly maxForwardedCallsPerNode: number;
}

/** A gateway in the DMZ from which a bus gateway takes calls: by its certificate, for one front and the service domains that are named. */
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
  /** Addresses or CIDR ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Of a bus gateway. */
  readonly forwardNodes?: readonly ForwardNode[];
  readonly limits?: Partial<GatewayLimits>;
}

/** Where a gateway gets its plan from: from control in the same process, or from a file (`gateways/plan/`). */
export interface PlanSource {
  current(): GatewayPlan | undefined;
  onChange(listener: (plan: GatewayPlan) => void): () => void;
}

/** Where finished access log lines go; never blocks, never throws. */
export interface AccessLog {
  write(line: string): void;
  close(): Promise<void>;
}

/**
 * What a body read as JSON gave. `isBusy`: the body is not at fault and may be sent again later. `isCostly`: it took too much computing or memory.
 * `excess`: it has too many values or names.
 */
export type JsonResult =
  | { readonly value: unknown }
  | { readonly problem: string; readonly isBusy?: true; readonly isCostly?: true; readonly excess?: JsonExcess };

/** A place of a value that does not fit its schema; the message names the rule, never the value. */
export interface SchemaIssue {
  /** JSON Pointer. */
  readonly path: string;
  readonly message: string;
}

/** A schema with what checking by it costs; compiled by the first check that needs it. */
export interface CheckedSchema {
  readonly text: string;
  /** Values are texts, as in a query, that stand for numbers and booleans. */
  readonly coerces: boolean;
  /** False for a schema that was published before there were bounds and breaks one: only trying shows what it costs. */
  readonly isBounded: boolean;
  /** Compiling it and checking the value may be done on an event loop. `bytes`: length of the value as JSON, where known. */
  isQuick(value: unknown, bytes?: number): boolean;
  /** The first problem; undefined when the value fits. */
  check(value: unknown): SchemaIssue | undefined;
}

export type CheckedJson = JsonResult | { readonly issues: readonly SchemaIssue[] };

/**
 * Reads JSON strictly and checks it: at once what is short, the rest in a thread, where callers take turns. Of what does not fit, the problems are all
 * those that a thread can list (at most 20), or else the first one.
 */
export interface JsonReader {
  read(bytes: Uint8Array, from: Sender): JsonResult | Promise<JsonResult>;
  /** Without `wantsValue`, `value` may be undefined: a large value is then not carried over from its thread. */
  readChecked(bytes: Uint8Array, schema: CheckedSchema, from: Sender, wantsValue: boolean): CheckedJson | Promise<CheckedJson>;
  /** `bytes`: length of the value as JSON, where known. */
  check(value: unknown, schema: CheckedSchema, from: Sender, bytes?: number): CheckedJson | Promise<CheckedJson>;
  close(): Promise<void>;
}

/** What tells whose share of the threads is used, and when nobody waits any longer. */
export type Sender = Pick<Exchange, 'app' | 'user' | 'clientIp' | 'onLeave'>;

/** The memory for bodies that pass whole, all requests together. */
export interface BodyBudget {
  /**
   * A body begins to arrive. `letGo` is called at most once, when it is given up: to make room for others (`full`), or because it brings nothing (`slow`);
   * its bytes are given back then.
   */
  begin(exchange: Pick<Exchange, 'clientIp' | 'relay'>, letGo: (why: 'full' | 'slow') => void): ArrivingBody;
  /** Takes memory for what cannot be asked for again, such as an answer: what is arriving makes room. False: there is none. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export interface ArrivingBody {
  /** A piece has come. False: there is no room, and this is the body to give way; its bytes are given back. */
  add(bytes: number): boolean;
  /** It has arrived, or will be read no further; its bytes stay counted. */
  end(): void;
  /** Gives its bytes back, once. */
  release(): void;
}

export interface PolicyDeps {
  readonly index: PlanIndex;
  readonly settings: GatewaySettings;
  /** Bodies in the access log are sealed with it. */
  readonly seal: Pick<Seal, 'seal'>;
  readonly accessLog: AccessLog;
  readonly bodies: BodyBudget;
  readonly json: Pick<JsonReader, 'readChecked' | 'check'>;
  /** Makes once what is dear to compile and keeps it while plans go on naming the key. */
  memo<Value>(key: string, make: () => Value): Value;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** Does the signature hold? By a public key it is checked in the turn of its connection, or of the gateway in the DMZ that handed it over. */
  verify(exchange: Exchange, key: KeyHandle, data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  readonly shared: Pick<SharedState, 'claimOnce'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  plan(): GatewayPlan;
}

/** Goes on with `undefined`, or refuses with an error. Synchronous where it can be: a promise costs. */
export type RunPolicy = (exchange: Exchange) => GatewayError | undefined | Promise<GatewayError | undefined>;

/** `problem` chooses the text (`POLICY_OPTIONS/…` in engine/contract/error-texts). */
export interface OptionProblem {
  /** JSON Pointer within the options. */
  readonly path: string;
  readonly problem: string;
  readonly value: string;
  readonly message: string;
  readonly fix: string;
}

/** One file of `gateways/policies/`, `export default definePolicy({...})`; found by folder scan. */
export interface Policy<Schema extends TObject = TObject> {
  /** The file's name. */
  readonly name: string;
  readonly stage: Stage;
  readonly fronts: readonly Front[];
  readonly text: { readonly label: Text; readonly help: Text };
  readonly options: Schema;
  /** What the schema cannot say of options that fit it; asked when an interface is saved. */
  readonly findProblems?: (options: Static<Schema>) => readonly OptionProblem[];
  /** On without being named by the interface, on these fronts. */
  readonly isDefault: (front: Front) => boolean;
  /** An interface may switch it off with `false`, on these fronts. */
  readonly isOptional: (front: Front) => boolean;
  /** Compiled once per interface (stages before `route`: once per front, with no interface); answers undefined when it has nothing to do for it. */
  compile(options: Static<Schema>, target: InterfaceDocument | undefined, front: Front, deps: PolicyDeps): RunPolicy | undefined;
}

export function definePolicy<Schema extends TObject>(policy: Policy<Schema>): Policy<Schema> {
  return policy;
}
