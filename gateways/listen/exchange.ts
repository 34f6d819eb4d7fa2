import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Front } from '../../engine/contract/access/access.ts';
import type { Span } from '../../engine/contract/values/observe.ts';
import type { CompatibilityProfile } from '../../engine/contract/compatibility/compatibility-profile.ts';
import type { Answer, CacheOutcome, Claim, Exchange, GatewayError, Handling, Note, Relay, TargetOutcome } from '../contract.ts';
import type { AppDocument } from '../documents/caller-documents.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { NO_PLAN } from './no-plan.ts';
import type { Listed } from './in-flight.ts';

const NO_NAMES: ReadonlySet<string> = new Set();
const NO_POLICIES: Exchange['after'] = [];
const NO_NOTES: readonly Note[] = [];
const NOTHING_HELD: Handling = Object.freeze({ bodyReaders: [], answerReaders: [] });
const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * One request in the pipeline. It is a class, because it has a life cycle: it ends when the response was sent or the
 * caller has left, and then frees its resources.
 */
export class HttpExchange implements Exchange, Listed {
  place = -1;
  readonly relay: Relay | undefined;
  readonly front: Front;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedAt: number;
  readonly method: string;
  readonly rawPath: string;
  rawQuery: string;
  incoming: ReadonlyMap<string, string>;
  readonly repeated: ReadonlySet<string>;
  plan = NO_PLAN;
  traceId = '';
  traceparent: string | undefined = undefined;
  span: Span | undefined = undefined;
  deadlineMs: number;
  clientIp = '';
  host: string;
  interface: InterfaceDocument | undefined = undefined;
  params = NO_PARAMS;
  app: AppDocument | undefined = undefined;
  user: Readonly<Record<string, unknown>> | undefined = undefined;
  tokenKey: Exchange['tokenKey'] = undefined;
  headers: Record<string, string> = {};
  profile: CompatibilityProfile | undefined = undefined;
  claim: Claim | undefined = undefined;
  envelope: Exchange['envelope'] = undefined;
  plainAnswer: Uint8Array | undefined = undefined;
  bodyDigest: Uint8Array | undefined = undefined;
  isBodyStreamed = false;
  handling = NOTHING_HELD;
  decidedBy: string | undefined = undefined;
  judgedHeaders: readonly string[] | undefined = undefined;
  cached: CacheOutcome | undefined = undefined;
  notes = NO_NOTES;
  isAnswerCaptured = false;
  captured: Uint8Array | undefined = undefined;
  body: Uint8Array | undefined = undefined;
  json: unknown = undefined;
  proof: Exchange['proof'] = undefined;
  isCalled = false;
  isCutOff = false;
  replacedFailure: string | undefined = undefined;
  instanceGroup: string | undefined = undefined;
  outcome: TargetOutcome | undefined = undefined;
  answer: Answer | undefined = undefined;
  error: GatewayError | undefined = undefined;
  readonly responseHeaders: string[] = [];
  after = NO_POLICIES;
  bytesIn = 0;
  bytesOut = 0;
  attempts = 0;
  #releases: (() => void)[] | undefined = undefined;
  #hasEnded = false;
  #callReleases: (() => void)[] | undefined = undefined;

  constructor(front: Front, request: IncomingMessage, response: ServerResponse, now: number, defaultDeadlineMs: number, relay?: Relay) {
    this.relay = relay;
    this.front = front;
    this.request = request;
    this.response = response;
    this.startedAt = now;
    this.deadlineMs = now + defaultDeadlineMs;
    this.method = request.method!;
    const target = request.url!;
    const mark = target.indexOf('?');
    this.rawPath = mark < 0 ? target : target.slice(0, mark);
    this.rawQuery = mark < 0 ? '' : target.slice(mark + 1);
    const { incoming, repeated } = readHeaders(request.rawHeaders);
    this.incoming = incoming;
    this.repeated = repeated;
    this.host = incoming.get('host') ?? '';
    response.on('close', () => this.end());
  }

  note(note: Note): void {
    this.notes = [...this.notes, note];
  }

  onCallEnd(release: () => void): void {
    (this.#callReleases ??= []).push(release);
  }

  endCall(): void {
    const releases = this.#callReleases;
    this.#callReleases = undefined;
    for (const release of releases ?? []) release();
  }

  onEnd(release: () => void): void {
    if (this.#hasEnded) release();
    else (this.#releases ??= []).push(release);
  }

  onLeave(action: () => void): void {
    this.onEnd(() => {
      if (!this.response.writableFinished) action();
    });
  }

  /** Called when the response was sent or the caller has left. Later calls do nothing. */
  end(): void {
    this.#hasEnded = true;
    for (const release of this.#releases ?? []) release();
    this.#releases = undefined;
  }
}

function readHeaders(raw: readonly string[]): { incoming: Map<string, string>; repeated: ReadonlySet<string> } {
  const incoming = new Map<string, string>();
  let repeated: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (incoming.has(name)) (repeated ??= new Set()).add(name);
    else incoming.set(name, raw[i + 1]!);
  }
  return { incoming, repeated: repeated ?? NO_NAMES };
}
