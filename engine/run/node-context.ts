/** The context that one attempt of a node gets. */
import { createHash } from 'node:crypto';
import type { RunFacts } from '../execution/run-job.ts';
import type { Adapter } from '../contract/node/adapter.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import type { NodeCall, RunDeps } from './run-deps.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { NodeContext, Scope } from '../contract/node/node.ts';
import type { Blobs } from '../contract/ports/blobs.ts';
import type { Collections } from '../contract/node/collections.ts';
import type { FlowState } from '../contract/node/flow-state.ts';
import type { FileAccess } from '../contract/node/file-access.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';
import type { Message } from '../contract/values/message.ts';

export class Context implements NodeContext<unknown> {
  readonly node: CompiledNode;
  readonly adapter: Adapter | undefined;
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly scope: Scope;
  hasSent = false;
  readonly #call: NodeCall;
  readonly #facts: RunFacts;
  readonly #deps: RunDeps;
  #random: (() => number) | undefined;
  #key: string | undefined;

  constructor(call: NodeCall, facts: RunFacts, deps: RunDeps, adapter: Adapter | undefined, signal: AbortSignal) {
    this.node = call.node;
    this.adapter = adapter;
    this.signal = signal;
    this.attempt = call.attempt;
    this.scope = call.scope;
    this.#call = call;
    this.#facts = facts;
    this.#deps = deps;
  }

  get config(): unknown {
    return this.node.config;
  }
  get deadlineMs(): number {
    return this.#facts.deadlineMs;
  }
  get executionId(): string {
    return this.#facts.executionId;
  }
  get clock(): Clock {
    return this.#deps.clock;
  }
  get traceparent(): string | undefined {
    return this.#call.traceparent;
  }
  get blobs(): Blobs {
    return this.#deps.blobs;
  }
  get outbound(): OutboundGuard {
    return this.#deps.outbound;
  }
  get files(): FileAccess {
    return this.#deps.files;
  }
  get state(): FlowState {
    return this.#deps.stateOf(this.#facts.flow.document.domain);
  }
  get collections(): Collections {
    return this.#deps.collectionsOf(this.#facts.flow.document.domain);
  }
  get log(): Logger {
    return this.#deps.log.child({ flowId: this.#facts.flow.flowId, node: this.node.id, executionId: this.#facts.executionId });
  }
  get idempotencyKey(): string {
    return (this.#key ??= outwardKey(this.#facts.origin, this.node.id, this.#call.path));
  }

  random(): number {
    this.#random ??= seededRandom(this.idempotencyKey);
    return this.#random();
  }
  secret(name?: string): Promise<string> {
    return this.#deps.bindings.secret(name ?? this.adapter?.adapterId ?? '');
  }
  lookup(table: string, key: string): string {
    return this.#facts.tables.lookup(table, key);
  }
  evaluate(expression: string, scope: Scope = this.scope): unknown {
    return this.#deps.compileExpression(expression)(scope);
  }
  runScript(source: string, input: unknown, limits: { timeoutMs?: number; memoryBytes?: number } = {}): Promise<unknown> {
    const { flow, acceptedAt } = this.#facts;
    return this.#deps.runScript(source, input, {
      ...limits,
      key: flow.flowId,
      signal: this.signal,
      nowMs: acceptedAt,
      seed: this.random(),
      ...(this.scope.user === undefined ? {} : { user: this.scope.user }),
    });
  }
  callFlow(flowId: string, message: Message): Promise<Message> {
    const { acceptedAt, tables, deadlineMs, depth, mayWait } = this.#facts;
    return this.#deps.callFlow({
      flowId,
      message,
      key: this.idempotencyKey,
      acceptedAt,
      tables,
      deadlineMs: mayWait ? undefined : deadlineMs,
      signal: this.signal,
      depth: depth + 1,
      effect: this.node.effect,
      traceparent: this.#call.traceparent,
      user: this.scope.user,
      // If a node of the called flow sends something, this node counts as having sent it.
      assertOwned: () => this.beforeFirstByte(),
    });
  }
  beforeFirstByte(): void {
    // A node that ignores its time-out or a cancel must not send any more.
    this.signal.throwIfAborted();
    this.#facts.assertOwned();
    this.hasSent = true;
    this.#facts.sending?.(this.node.id);
  }
}

/**
 * Returns the idempotency key that a step sends to other systems: a hash of origin, node and iteration, with 22
 * characters. It stays the same on every retry.
 */
export function outwardKey(origin: string, nodeId: string, path: string): string {
  return createHash('sha256').update(`${origin}\n${nodeId}\n${path}`).digest('base64url').slice(0, 22);
}

/**
 * Creates the random generator sfc32, seeded with the 16 bytes of a step's idempotency key. So each retry gets the same
 * numbers, and every other step gets different ones. Each number has 53 random bits.
 */
function seededRandom(key: string): () => number {
  const seed = Buffer.from(key, 'base64url');
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => seed.readInt32LE(at)) as [number, number, number, number];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // Discard the first numbers, because they are too similar to the seed.
  for (let round = 0; round < 12; round++) next();
  return () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992;
}
