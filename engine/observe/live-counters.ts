/**
 * Counts what runs right now, per published flow, node and edge. The counters are in memory, for people who look at a
 * flow. They belong to one process; `engine/processes` sums them over all processes. They start at zero with each
 * process and each version. A step costs one look-up and one addition; rates are computed from samples.
 */
import type { Clock } from '../contract/values/clock.ts';
import { errorPort } from '../contract/node/node.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { StepRecord } from '../execution/execution-document.ts';
import type { FlowTally, RunEnd } from '../execution/run-job.ts';
import type { Traffic } from './traffic.ts';

export interface NodeCounts {
  readonly node: string;
  /** Runs of the node since the version was loaded in this process. */
  readonly done: number;
  /** The part of `done` that failed: the error went to the error port or to a catch, or ended the execution. */
  readonly failed: number;
  readonly perMinute: number;
}

export interface EdgeCounts {
  readonly edge: string;
  readonly passed: number;
  readonly perMinute: number;
}

export interface FlowCounts {
  readonly flowId: string;
  readonly version: number;
  /** When `done`, `failed` and `passed` started counting. */
  readonly since: number;
  /** Executions that ended in the last minute. */
  readonly perMinute: number;
  /** The part of `perMinute` that failed. */
  readonly errors: number;
  /** Executions running in this process now. */
  readonly inFlight: number;
}

export interface FlowDetailCounts extends FlowCounts {
  readonly nodes: readonly NodeCounts[];
  readonly edges: readonly EdgeCounts[];
}

export interface LiveCounters {
  of(flow: CompiledFlow): FlowTally;
  /** Returns the counts of every published flow. */
  list(): readonly FlowCounts[];
  /** Returns undefined if the flow is not published. */
  get(flowId: string): FlowDetailCounts | undefined;
  /** Returns the flows with traffic in this process, without nodes and edges that nothing passed. */
  counted(): readonly FlowDetailCounts[];
  /** Returns the number of executions of all flows running in this process now. */
  inFlight(): number;
  stop(): void;
}

export interface LiveCountersDeps {
  readonly published: {
    current(flowId: string): CompiledFlow | undefined;
    list(): readonly CompiledFlow[];
    onChange(listener: (flowId: string, flow: CompiledFlow | undefined) => void): () => void;
  };
  readonly clock: Clock;
  readonly traffic: Pick<Traffic, 'ended'>;
}

const SAMPLE_MS = 5000;
/** The number of samples in one minute. */
const SAMPLES = 12;

/**
 * Creates the counters. Counts of versions that are no longer served are dropped, so the memory depends only on the
 * number of published flows.
 */
export function createLiveCounters({ published, clock, traffic }: LiveCountersDeps): LiveCounters {
  const tallies = new Map<string, Tally>();
  const unsubscribe = published.onChange((flowId, flow) => {
    if (flow === undefined) tallies.delete(flowId);
    else of(flow);
  });
  let cancel = clock.after(SAMPLE_MS, sample);

  function of(flow: CompiledFlow): Tally {
    const known = tallies.get(flow.flowId);
    if (known?.version === flow.version) return known;
    const tally = new Tally(flow, clock.now(), traffic);
    if (published.current(flow.flowId)?.version === flow.version) tallies.set(flow.flowId, tally);
    return tally;
  }

  function sample(): void {
    for (const tally of tallies.values()) tally.sample();
    cancel = clock.after(SAMPLE_MS, sample);
  }

  return {
    of,
    list: () => published.list().map((flow) => of(flow).summary()),
    get(flowId) {
      const flow = published.current(flowId);
      return flow && of(flow).detail();
    },
    counted: () => [...tallies.values()].filter((tally) => tally.isUsed()).map((tally) => tally.usedDetail()),
    inFlight: () => [...tallies.values()].reduce((sum, tally) => sum + tally.inFlight, 0),
    stop() {
      cancel();
      unsubscribe();
    },
  };
}

const FINISHED = 0;
const FAILED = 1;
const FIRST_NODE = 2;

interface NodeSlots {
  /** Index of the node's `done` count in the array. The next index has its `failed` count. */
  readonly slot: number;
  readonly ports: Readonly<Record<string, number>>;
}

/** All counters of a version are in one array, so that a sample is a copy of one array. */
class Tally implements FlowTally {
  readonly version: number;
  readonly #flow: CompiledFlow;
  readonly #since: number;
  readonly #traffic: LiveCountersDeps['traffic'];
  readonly #nodes = new Map<string, NodeSlots>();
  readonly #counts: Float64Array;
  /** The samples, the oldest first. While nothing happens, consecutive entries are the same array. */
  readonly #samples: Float64Array[] = [];
  #inFlight = 0;

  constructor(flow: CompiledFlow, now: number, traffic: LiveCountersDeps['traffic']) {
    this.version = flow.version;
    this.#traffic = traffic;
    this.#flow = flow;
    this.#since = now;
    let slot = FIRST_NODE;
    for (const { id, ports } of flow.nodes.values()) {
      const first = slot;
      slot += 2;
      this.#nodes.set(id, { slot: first, ports: Object.fromEntries(ports.map(({ name }) => [name, slot++])) });
    }
    this.#counts = new Float64Array(slot);
    this.#samples.push(this.#counts.slice());
  }

  begin(isFirst: boolean): void {
    this.#inFlight += 1;
    const { trigger, triggerPort } = this.#flow;
    if (isFirst) this.step({ node: trigger.id, status: 'completed', ports: [triggerPort] });
  }

  step({ node, status, ports }: Pick<StepRecord, 'node' | 'status' | 'ports'>): void {
    if (status === 'skipped') return;
    const slots = this.#nodes.get(node);
    if (slots === undefined) return;
    const counts = this.#counts;
    counts[slots.slot]! += 1;
    if (status === 'failed') counts[slots.slot + 1]! += 1;
    for (const port of ports) {
      const slot = slots.ports[port];
      if (slot !== undefined) counts[slot]! += 1;
      if (port === errorPort.name) counts[slots.slot + 1]! += 1;
    }
  }

  end(end: RunEnd, durationMs: number | undefined): void {
    this.#inFlight -= 1;
    if (end.status === 'failed' || end.status === 'held') this.step({ node: end.node, status: 'failed', ports: [] });
    if (end.status !== 'completed' && end.status !== 'failed' && end.status !== 'cancelled') return;
    this.#counts[FINISHED]! += 1;
    if (end.status === 'failed') this.#counts[FAILED]! += 1;
    if (durationMs !== undefined) this.#traffic.ended(end.status === 'failed', durationMs);
  }

  sample(): void {
    const last = this.#samples.at(-1)!;
    this.#samples.push(this.#counts.every((count, slot) => count === last[slot]) ? last : this.#counts.slice());
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  summary(): FlowCounts {
    const { flowId, version } = this.#flow;
    return {
      flowId,
      version,
      since: this.#since,
      perMinute: this.#lastMinute(FINISHED),
      errors: this.#lastMinute(FAILED),
      inFlight: this.#inFlight,
    };
  }

  detail(): FlowDetailCounts {
    const nodes = [...this.#nodes].map(([node, { slot }]) => ({
      node,
      done: this.#counts[slot]!,
      failed: this.#counts[slot + 1]!,
      perMinute: this.#lastMinute(slot),
    }));
    const edges = this.#flow.document.edges.flatMap(({ id, from, to }) => {
      // A loop emits all its items before it ends. So the count of the node after `each` tells how many items there
      // were.
      const isLoop = this.#flow.graph.byId.get(from.node)?.role === 'for-each' && from.port === 'each';
      const slot = isLoop ? this.#nodes.get(to.node)?.slot : this.#nodes.get(from.node)?.ports[from.port];
      return slot === undefined ? [] : [{ edge: id, passed: this.#counts[slot]!, perMinute: this.#lastMinute(slot) }];
    });
    return { ...this.summary(), nodes, edges };
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  isUsed(): boolean {
    return this.#inFlight > 0 || this.#counts.some((count) => count > 0);
  }

  usedDetail(): FlowDetailCounts {
    const { nodes, edges, ...counts } = this.detail();
    return { ...counts, nodes: nodes.filter(({ done, failed }) => done + failed > 0), edges: edges.filter(({ passed }) => passed > 0) };
  }

  #lastMinute(slot: number): number {
    return this.#counts[slot]! - this.#samples[0]![slot]!;
  }
}
