/**
 * The contract of all parts of the gateways: the exchange that passes through the pipeline, the closed ordered list of
 * stages, and the shape of a policy. A policy file imports this file, the documents and the engine's contract, never
 * another policy.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Static, TObject } from 'typebox';
import type { CompatibilityProfile, ProfileReading } from '../engine/contract/compatibility/compatibility-profile.ts';
import type { Front } from '../engine/contract/access/access.ts';
import type { Clock } from '../engine/contract/values/clock.ts';
import type { Kq1Authorization } from '../engine/contract/kq1/kq1.ts';
import type { Logger, Metrics, Span } from '../engine/contract/values/observe.ts';
import type { Crypto, DigestAlgorithm, KeyHandle } from '../engine/contract/ports/crypto.ts';
import type { ContentCipher, EncryptionKey } from '../engine/contract/ports/encryption.ts';
import type { SharedState } from '../engine/contract/ports/shared-state.ts';
import type { Seal } from '../engine/contract/values/seal.ts';
import type { Text } from '../engine/contract/values/texts.ts';
import type { AppDocument, SIGNATURE_SCHEMES } from './documents/caller-documents.ts';
import type { StateChange } from './documents/gateway-questions.ts';
import type { InterfaceDocument } from './documents/interface-document.ts';
import type { JsonReader } from './json-reading.ts';
import type { GatewaySettings } from './settings.ts';
import type { PlanKey, PlanIndex } from './plan-index.ts';
import type { AccessLog, ArrivingBody, AsideAnswer, AsideRequest, Keepers, QuotaStore } from './policy-ports.ts';

/**
 * All stages in their order; no others exist. The order is important for security: a policy names its stage and cannot
 * move it. Cheap checks come before expensive ones, the content is checked after it was decrypted, and the cache comes
 * after every refusal. Stages after `call` run for responses and errors alike.
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
  'decrypt',
  'schema',
  'content',
  'access',
  'cache',
  'release',
  'admission',
  'mirror',
  'call',
  'respond',
  'seal',
  'log',
] as const;
export type Stage = (typeof STAGES)[number];

/** What a request claims, with app and keys looked up in the plan. Nothing is proved before the stage `authenticate`. */
export type Claim = Kq1Claim | ProfileClaim;

/** What the header `Authorization: KQ1-…` claims. */
export interface Kq1Claim {
  readonly kind: 'kq1';
  readonly authorization: Kq1Authorization;
  readonly app: AppDocument;
  readonly key: PlanKey;
  readonly digestAlgorithm: DigestAlgorithm;
  /** Claims of the user's token that a session on the user front was opened with. */
  readonly user?: Readonly<Record<string, unknown>>;
}

/** What a request of a compatibility profile claims. */
export interface ProfileClaim {
  readonly kind: 'profile';
  readonly profile: CompatibilityProfile;
  readonly reading: ProfileReading;
  readonly app: AppDocument;
  /** The keys that may have signed: the one that the request names, or the app's newest ones of the profile. */
  readonly keys: readonly PlanKey[];
}

/** What a valid signature has proved about a request. Its nonce is claimed, and the response is signed accordingly. */
export type Proof = Kq1Proof | ProfileProof;

export interface Kq1Proof {
  readonly kind: 'kq1';
  readonly keyId: string;
  readonly nonce: string;
  /** Epoch milliseconds. */
  readonly signedAt: number;
  readonly canonicalDigest: string;
  /** The scheme of the response's signature. */
  readonly scheme: (typeof SIGNATURE_SCHEMES)[number];
  readonly key: KeyHandle;
}

export interface ProfileProof {
  readonly kind: 'profile';
  readonly keyId: string;
  /** Of the key that verified the signature. */
  readonly fingerprint: string;
  readonly nonce: string;
  readonly signedAt: number;
  readonly profile: CompatibilityProfile;
  readonly operation: string | undefined;
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

/**
 * How the target responded. `failure`: status 5xx except 501 and 505. `overload`: a time-out, a failed connection or 503.
 * `unknown`: the call says nothing about the target, for example because the caller left. `latencyMs` is the time until
 * the head of the response.
 */
export interface TargetOutcome {
  readonly kind: 'ok' | 'failure' | 'overload' | 'unknown';
  readonly latencyMs: number;
}

/** One request in the pipeline. Policies read and add values; nothing is ever removed. */
export interface Exchange {
  /** The plan that serves this request from its first stage to its last. */
  plan: PlanIndex;
  /** Headers by lower-case name. A repeated header has its first value here, and its name is in `repeated`. */
  incoming: ReadonlyMap<string, string>;
  readonly repeated: ReadonlySet<string>;
  /** The compatibility profile that the request looks like. Then nothing else can authenticate it. */
  profile: CompatibilityProfile | undefined;
  claim: Claim | undefined;
  /** How the answer is encrypted, decided before the call. Undefined if it is not. */
  envelope: { readonly cipher: ContentCipher; readonly keyId: string; readonly receiver: EncryptionKey } | undefined;
  /** The body of an encrypted answer before it was encrypted, for the access log. */
  plainAnswer: Uint8Array | undefined;
  /** Digest of the body as sent, by the algorithm of a KQ1 claim; computed while reading. */
  bodyDigest: Uint8Array | undefined;
  /** True if the body was not read, because the call stage streams it to the upstream. */
  isBodyStreamed: boolean;
  /** Which parts of the request and the response must be held as a whole. Set once the interface is found. */
  handling: Handling;
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
  /** The name of the instance group that serves the request; undefined for the usual one. */
  instanceGroup: string | undefined;
  /** How the target responded; undefined until then. */
  outcome: TargetOutcome | undefined;
  /**
   * Calls `release` once: when the call has ended, or the request was refused or answered without a call. The call of a
   * caller who has left may still run. Policies that limit calls free their places here.
   */
  onCallEnd(release: () => void): void;
  /** Runs the releases of `onCallEnd`. Called by the pipeline. */
  endCall(): void;
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
  /** A policy may add to it what the target shall see. */
  rawQuery: string;
  host: string;
  interface: InterfaceDocument | undefined;
  params: Readonly<Record<string, string>>;
  app: AppDocument | undefined;
  /** Claims of the user's token on the user front. */
  user: Readonly<Record<string, unknown>> | undefined;
  /** The key that verified the user's token. Sessions that the token opens end with it. */
  tokenKey: { readonly kid: string; readonly fingerprint: string } | undefined;
  /** Headers that the flow and the upstream may see, lower-case. */
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  /** The parsed JSON body, if a policy needed it. */
  json: unknown;
  proof: Proof | undefined;
  /** True if the call has started, so that the target may have received it. */
  isCalled: boolean;
  answer: Answer | undefined;
  error: GatewayError | undefined;
  /** True if the service failed after a part of its response was sent. `error` then says why; the caller did not get it. */
  isCutOff: boolean;
  /** The code of the failure that a fallback answer replaced. The call counts as failed all the same. */
  replacedFailure: string | undefined;
  /** The policy that refused the request or answered it in place of the target. */
  decidedBy: string | undefined;
  /**
   * Headers that rules of object access read. Set once such rules have judged the request: a cached response may then
   * depend on all that they could read.
   */
  judgedHeaders: readonly string[] | undefined;
  /** What the response cache did; undefined if the interface has no cache, or the request could not use it. */
  cached: CacheOutcome | undefined;
  /** What policies found without refusing the request, for the access log. */
  readonly notes: readonly Note[];
  note(note: Note): void;
  /**
   * Headers that the gateway adds to every response, also to errors and streamed ones: name, value, name, value … They
   * replace headers of the target with the same name; `vary` is added.
   */
  readonly responseHeaders: string[];
  /** Policies that complete every response, such as its signature. Set once the interface is found. */
  after: readonly { readonly policy: string; readonly run: RunPolicy }[];
}

/**
 * What forces the gateway to hold a whole body: names of policies, or `flow`. A body with an empty list may be
 * streamed. A streamed request body cannot be sent again.
 */
export interface Handling {
  readonly bodyReaders: readonly string[];
  /** Readers of the response. It is held up to 10 MB. */
  readonly answerReaders: readonly string[];
}

/** `shared`: the request waited for the call of another one. `stale`: the response is renewed in the background. */
export type CacheOutcome = 'hit' | 'stale' | 'shared' | 'miss';

/** What a call of the target gets from a policy of the stage `cache`. The rest comes from the request. */
export type TargetRequest = Pick<Exchange, 'rawQuery' | 'headers' | 'body' | 'json' | 'app' | 'user'>;

/** A call of the target that does not depend on the client that caused it. */
export interface TargetCall {
  /** Resolves with the exchange of the call. It has an `answer` or an `error`, or neither if the call was left. */
  readonly ended: Promise<Exchange>;
  /** Ends the call if it still runs, and frees what it holds. */
  leave(): void;
}

/** What a policy, or the call of the target (`call`), found. It has no personal data: `where` is a JSON Pointer, a name or an instance, `what` a code or a shape. */
export interface Note {
  readonly policy: string;
  readonly where?: string;
  readonly what: string;
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
  /** More headers of the response. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** Set for GW50402: `done` if the requested work is known to be done. */
  readonly outcome?: 'done' | 'unknown';
  /**
   * The code of the flow's own error: why it refused the request (GW42203), what of the flow, an adapter or another
   * system stopped it (GW50201, GW50401), or why its reply cannot be returned (GW50001).
   */
  readonly cause?: string;
}

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

/** Who is related to whom (family, signed doctor, department), as an interface of the platform knows it. */
export interface Relations {
  /**
   * Returns the ids that have this relation to the subject; undefined if the interface `provider` does not return them
   * in time. Results are cached for a short time.
   */
  related(exchange: Exchange, provider: string, relation: string, subject: string): Promise<ReadonlySet<string> | undefined>;
}

export interface PolicyDeps {
  readonly settings: GatewaySettings;
  /** Fetches a small document from another system, through the outbound guard. */
  fetchDocument(url: string): Promise<Uint8Array>;
  /** Seals what lies in shared state, so that all gateways inside can open it. */
  readonly sharedSeal: Pick<Seal, 'seal' | 'open' | 'openText' | 'token'>;
  readonly accessLog: AccessLog;
  readonly bodies: BodyBudget;
  readonly json: Pick<JsonReader, 'read' | 'readChecked' | 'check'>;
  /** Shares a value that is costly to build between all policies that use its key. It must not change. */
  memo<Value>(key: string, make: () => Value): Value;
  readonly keepers: Keepers;
  readonly relations: Relations;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /**
   * Verifies a signature. With a public key, the check waits until it is the turn of its connection. If a node in the
   * DMZ forwarded the request, the check waits for the turn of that node instead.
   */
  verify(exchange: Exchange, key: KeyHandle, data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
  /** State that gateways share. While it is down, each policy states what it does. */
  readonly shared: SharedState;
  /** Calls the target through the stages after `cache`. Only for policies of the stage `cache`. */
  callTarget(exchange: Exchange, request: TargetRequest): TargetCall;
  /** Where quotas are counted, and grey releases marked that were rolled back. */
  readonly quotas: QuotaStore;
  /**
   * Sends a request that belongs to no call, such as a mirrored copy. Rejects if the response has not arrived in time.
   */
  sendAside(address: string, request: AsideRequest): Promise<AsideAnswer>;
  /** Returns how many gateways share the limits of a front, this one included. */
  liveGateways(front: Front): number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Reports a change of state to console, alarms and bus topics. */
  report(event: StateChange): void;
}

/** `undefined` to continue. An `Answer` skips the rest up to and including the call, or replaces a response. */
export type PolicyResult = GatewayError | Answer | undefined;

/**
 * Returns `undefined` to continue, a `GatewayError` to refuse the request, or an `Answer`. Return a promise only where
 * necessary, because each promise costs time.
 */
export type RunPolicy = (exchange: Exchange) => PolicyResult | Promise<PolicyResult>;

/** A problem in a policy's options. `problem` selects the text (`POLICY_OPTIONS/…` in engine/contract/error-texts). */
export interface OptionProblem {
  /** JSON Pointer within the options. */
  readonly path: string;
  readonly problem: string;
  readonly value: string;
  readonly message: string;
  readonly fix: string;
}

/**
 * The question that a policy answers: who may call, how much, what may be in it, where it goes, and what is kept. Each
 * is a folder of `gateways/policies/`.
 */
export const POLICY_GROUPS = ['caller', 'volume', 'content', 'target', 'records'] as const;
export type PolicyGroup = (typeof POLICY_GROUPS)[number];

/** One file of `gateways/policies/<group>/` with `export default definePolicy({...})`. A scan of the folders finds it. */
export interface Policy<Schema extends TObject = TObject> {
  /** The name of the file. */
  readonly name: string;
  readonly stage: Stage;
  readonly fronts: readonly Front[];
  readonly text: { readonly label: Text; readonly help: Text };
  readonly options: Schema;
  /** Finds problems of options that the schema cannot express. Called when an interface is saved. */
  readonly findProblems?: (options: Static<Schema>, target: InterfaceDocument) => readonly OptionProblem[];
  /**
   * Finds problems that matter only to who changes the options, such as a time that is over at `now`. Called when
   * options are saved that differ from those before, so that what was saved earlier goes on to be served.
   */
  readonly findChangeProblems?: (options: Static<Schema>, now: number) => readonly OptionProblem[];
  /** What the policy must see as a whole with these options. Without it, bodies may be streamed. */
  readonly reads?: (options: Static<Schema>, target: InterfaceDocument) => { readonly body?: boolean; readonly answer?: boolean };
  /** True on the fronts where the policy applies without being named by the interface. */
  readonly isDefault: (front: Front) => boolean;
  /** True on the fronts where an interface may switch the policy off with `false`. */
  readonly isOptional: (front: Front) => boolean;
  /**
   * Called once per interface. For stages before `route` it is called once per front, without an interface. Returns
   * undefined when the policy has nothing to do.
   */
  compile(options: Static<Schema>, target: InterfaceDocument | undefined, front: Front, deps: PolicyDeps): RunPolicy | undefined;
  /**
   * Judges a described request as `compile` would, but claims, counts and stores nothing. A policy whose `compile` has
   * such effects defines it. With `skip`, the policy cannot judge a described request.
   */
  readonly explain?:
    'skip' | ((options: Static<Schema>, target: InterfaceDocument | undefined, front: Front, deps: PolicyDeps) => RunPolicy | undefined);
}

/** A policy with the folder that it was found in. */
export type FoundPolicy = Policy & { readonly group: PolicyGroup };

export function definePolicy<Schema extends TObject>(policy: Policy<Schema>): Policy<Schema> {
  return policy;
}
