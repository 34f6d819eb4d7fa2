/**
 * The planner: folds settled nodes into what may run next. Pure, without clock or I/O, and independent of the order of settling:
 * whoever settles the same nodes in any order comes to the same steps (property-tested).
 *
 * An edge is open, arrived or dead. A node whose edges are all dead is skipped, and so are the edges behind it. A node runs when one edge
 * arrived (flows merge only paths that exclude each other), a join when enough did. A catch is skipped when nothing else in its body can run.
 */
import type { FlowGraph, GraphEdge, GraphNode } from './flow-graph.ts';

/** What a node emitted: port -> message. The planner only carries it. */
export type Emits<M> = Readonly<Record<string, M>>;

/** One pass through a body: the whole flow (path `''`), or one iteration of a loop (`n_each[3]`, nested `n_each[3]/n_inner[0]`). */
export interface BodyRun<M> {
  readonly path: string;
  readonly parent: BodyRun<M> | undefined;
  readonly loop: LoopRun<M> | undefined;
  readonly itemIndex: number;
  /** By node. */
  readonly outputs: (Emits<M> | undefined)[];
  /** OPEN, ARRIVED or DEAD. */
  readonly edges: number[];
  /** By node, whether it was started or skipped; each at most once. */
  readonly started: boolean[];
  /** Started and not yet settled, open loops included. */
  active: number;
  /** An iteration whose result is known already. */
  isEnded: boolean;
}

interface LoopRun<M> {
  readonly node: GraphNode;
  readonly within: BodyRun<M>;
  readonly items: readonly M[];
  readonly results: unknown[];
  next: number;
  running: number;
  isBroken: boolean;
}

/** A node that may run now, with the edges whose messages it takes. */
export interface Ready<M> {
  readonly node: GraphNode;
  readonly run: BodyRun<M>;
  readonly inputs: readonly { readonly from: GraphNode; readonly message: M }[];
  /** A join that can no longer get as many arrivals as it demands. */
  readonly isShort: boolean;
}

/** A loop all of whose items are done: settle it by `done` with the results in the order of its items. */
export interface FinishedLoop {
  readonly node: GraphNode;
  readonly results: readonly unknown[];
}

export interface Advance<M> {
  readonly ready: Ready<M>[];
  readonly skipped: { readonly node: GraphNode; readonly run: BodyRun<M> }[];
  readonly finishedLoops: (FinishedLoop & { readonly run: BodyRun<M> })[];
}

/** Where an error goes that has no port of its own. */
export type ErrorRoute<M> =
  | { readonly to: 'catch'; readonly ready: Ready<M>; readonly advance: Advance<M> }
  | { readonly to: 'item'; readonly advance: Advance<M> }
  | { readonly to: 'loop'; readonly node: GraphNode; readonly run: BodyRun<M> }
  /** Another item broke the loop before. */
  | { readonly to: 'nowhere' }
  | { readonly to: 'execution' };

const OPEN = 0;
const ARRIVED = 1;
const DEAD = 2;

export class Progress<M> {
  readonly top: BodyRun<M>;
  readonly #graph: FlowGraph;
  /** Takes a message's payload for the results of a loop. */
  readonly #dataOf: (message: M) => unknown;

  constructor(graph: FlowGraph, dataOf: (message: M) => unknown) {
    this.#graph = graph;
    this.#dataOf = dataOf;
    this.top = newRun<M>(graph, '', undefined, undefined, -1);
  }

  /** Settles the trigger with the message that came in. */
  start(port: string, message: M): Advance<M> {
    this.top.started[this.#graph.trigger] = true;
    this.top.active += 1;
    return this.settle(this.#graph.nodes[this.#graph.trigger]!, this.top, { [port]: message });
  }

  get isDone(): boolean {
    return this.top.active === 0;
  }

  /** The node is done and emitted by these ports (none: every path behind it is dead). */
  settle(node: GraphNode, run: BodyRun<M>, emits: Emits<M>): Advance<M> {
    const advance = newAdvance<M>();
    run.outputs[node.index] = emits;
    for (const edge of node.outs) this.#mark(edge, run, Object.hasOwn(emits, edge.port) ? ARRIVED : DEAD, advance);
    run.active -= 1;
    this.#quiesce(run, advance);
    return advance;
  }

  /** A loop's items are known: its first iterations may begin. */
  openLoop(node: GraphNode, run: BodyRun<M>, items: readonly M[]): Advance<M> {
    const advance = newAdvance<M>();
    const loop: LoopRun<M> = { node, within: run, items, results: new Array<unknown>(items.length), next: 0, running: 0, isBroken: false };
    if (node.each.length === 0) advance.finishedLoops.push({ node, run, results: items.map(this.#dataOf) });
    else this.#startItems(loop, advance);
    return advance;
  }

  /** Where the error of this node goes. For `catch` and `item` the node counts as settled without emission. */
  fail(node: GraphNode, run: BodyRun<M>, error: unknown, matches: (candidate: GraphNode) => boolean, toMessage: () => M): ErrorRoute<M> {
    const handler = this.#graph.catches.get(node.body)?.find((candidate) => !run.started[candidate.index] && matches(candidate));
    if (handler) {
      run.started[handler.index] = true;
      run.active += 1;
      const ready: Ready<M> = { node: handler, run, inputs: [{ from: node, message: toMessage() }], isShort: false };
      return { to: 'catch', ready, advance: this.settle(node, run, {}) };
    }
    if (!run.loop) return { to: 'execution' };
    if (run.loop.node.loop?.keepItemErrors) return { to: 'item', advance: this.#endItem(run, { error }) };
    if (run.loop.isBroken) return { to: 'nowhere' };
    run.loop.isBroken = true;
    return { to: 'loop', node: run.loop.node, run: run.loop.within };
  }

  #mark(edge: GraphEdge, run: BodyRun<M>, state: 1 | 2, advance: Advance<M>): void {
    const target = this.#graph.nodes[edge.to]!;
    if (run.edges[edge.index] !== OPEN) return;
    run.edges[edge.index] = state;
    if (run.started[target.index]) return;
    const verdict = judge(target, run.edges);
    if (verdict === 'wait') return;
    run.started[target.index] = true;
    if (verdict === 'skip') {
      advance.skipped.push({ node: target, run });
      for (const next of target.outs) this.#mark(next, run, DEAD, advance);
      return;
    }
    run.active += 1;
    advance.ready.push({ node: target, run, inputs: this.#arrivals(target, run), isShort: verdict === 'short' });
  }

  #arrivals(target: GraphNode, run: BodyRun<M>): { from: GraphNode; message: M }[] {
    const inputs: { from: GraphNode; message: M }[] = [];
    for (const edge of target.ins) {
      if (run.edges[edge.index] !== ARRIVED) continue;
      inputs.push({ from: this.#graph.nodes[edge.from]!, message: run.outputs[edge.from]![edge.port]! });
      if (target.role !== 'join') break;
    }
    return inputs;
  }

  /** Nothing of this body runs: catches that were not needed are skipped, and if that wakes nothing, the body is done. */
  #quiesce(run: BodyRun<M>, advance: Advance<M>): void {
    if (run.active > 0) return;
    for (const handler of this.#graph.catches.get(run.loop?.node.index ?? -1) ?? []) {
      if (run.started[handler.index]) continue;
      run.started[handler.index] = true;
      advance.skipped.push({ node: handler, run });
      for (const edge of handler.outs) this.#mark(edge, run, DEAD, advance);
      if (run.active > 0) return;
    }
    if (run.loop) merge(advance, this.#endItem(run, this.#resultOf(run)));
  }

  #startItems(loop: LoopRun<M>, advance: Advance<M>): void {
    const { node, within, items } = loop;
    while (!loop.isBroken && loop.next < items.length && loop.running < (node.loop?.concurrency ?? 1)) {
      const index = loop.next;
      loop.next += 1;
      loop.running += 1;
      const path = `${within.path === '' ? '' : `${within.path}/`}${node.id}[${index}]`;
      const run = newRun(this.#graph, path, within, loop, index);
      run.outputs[node.index] = { each: items[index]! };
      for (const edge of node.each) this.#mark(edge, run, ARRIVED, advance);
    }
    if (!loop.isBroken && loop.running === 0 && loop.next === items.length) {
      advance.finishedLoops.push({ node, run: within, results: loop.results });
    }
  }

  #endItem(run: BodyRun<M>, result: unknown): Advance<M> {
    const advance = newAdvance<M>();
    const loop = run.loop!;
    if (loop.isBroken || run.isEnded) return advance;
    run.isEnded = true;
    loop.results[run.itemIndex] = result;
    loop.running -= 1;
    this.#startItems(loop, advance);
    return advance;
  }

  /** What an iteration is worth: the payload its last node emitted; of several last nodes an object by node id. */
  #resultOf(run: BodyRun<M>): unknown {
    const ends = run.loop!.node.bodyNodes.flatMap((index) => {
      const emits = run.outputs[index];
      const node = this.#graph.nodes[index]!;
      const message = emits && Object.entries(emits).find(([port]) => !node.outs.some((edge) => edge.port === port))?.[1];
      return message === undefined ? [] : [[node.id, this.#dataOf(message)] as const];
    });
    return ends.length === 1 ? ends[0]![1] : Object.fromEntries(ends);
  }
}

function judge(node: GraphNode, edges: readonly number[]): 'run' | 'short' | 'skip' | 'wait' {
  let arrived = 0;
  let open = 0;
  for (const edge of node.ins) {
    if (edges[edge.index] === ARRIVED) arrived += 1;
    else if (edges[edge.index] === OPEN) open += 1;
  }
  if (node.role !== 'join') return arrived > 0 ? 'run' : open > 0 ? 'wait' : 'skip';
  const need = node.join?.need ?? 'all';
  if (need === 'all') return open > 0 ? 'wait' : arrived > 0 ? 'run' : 'skip';
  if (arrived >= need) return 'run';
  return open > 0 ? 'wait' : arrived === 0 ? 'skip' : 'short';
}

function newRun<M>(
  graph: FlowGraph,
  path: string,
  parent: BodyRun<M> | undefined,
  loop: LoopRun<M> | undefined,
  itemIndex: number,
): BodyRun<M> {
  return {
    path,
    parent,
    loop,
    itemIndex,
    outputs: new Array<Emits<M> | undefined>(graph.nodes.length).fill(undefined),
    edges: new Array<number>(graph.edgeCount).fill(OPEN),
    started: new Array<boolean>(graph.nodes.length).fill(false),
    active: 0,
    isEnded: false,
  };
}

function newAdvance<M>(): Advance<M> {
  return { ready: [], skipped: [], finishedLoops: [] };
}

function merge<M>(into: Advance<M>, from: Advance<M>): void {
  into.ready.push(...from.ready);
  into.skipped.push(...from.skipped);
  into.finishedLoops.push(...from.finishedLoops);
}
