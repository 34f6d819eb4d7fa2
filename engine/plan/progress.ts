/**
 * The planner: finds the nodes that may run after other nodes have settled. Pure, without clock or I/O. The result does
 * not depend on the order in which nodes settle (property-tested).
 *
 * An edge is open (not yet decided), arrived (a message came) or dead (no message can come). A node whose edges are all
 * dead is skipped, and its own edges become dead. A node runs when one edge has arrived, because flows merge only
 * exclusive paths. A join runs when enough edges have arrived. A catch is skipped when nothing else in its body can
 * run. A join that waits for the first branch takes the errors of its branches. Once it runs, nothing more starts in
 * the other branches.
 */
import type { FlowGraph, GraphEdge, GraphNode } from './flow-graph.ts';

/** The messages that a node emitted, by port. The planner does not look into them. */
export type Emits<M> = Readonly<Record<string, M>>;

/**
 * One pass through a body: the whole flow (path `''`), or one iteration of a loop (`n_each[3]`, nested
 * `n_each[3]/n_inner[0]`).
 */
export interface BodyRun<M> {
  readonly path: string;
  readonly parent: BodyRun<M> | undefined;
  readonly loop: LoopRun<M> | undefined;
  readonly itemIndex: number;
  /** The outputs, by the index of the node. */
  readonly outputs: (Emits<M> | undefined)[];
  /** The state of each edge: OPEN, ARRIVED or DEAD. */
  readonly edges: number[];
  /** By the index of the node: true if it was started or skipped, which happens at most once. */
  readonly started: boolean[];
  /** By the index of the node: true if it was started and has not settled. */
  readonly open: boolean[];
  /** By the index of an edge into a join that waits for the first branch: the error of that branch. */
  failures: Map<number, M> | undefined;
  /** Nodes of branches that no join waits for any more. */
  lost: Set<number> | undefined;
  /** The number of nodes that were started and have not settled, including open loops. */
  active: number;
  /** True for an iteration whose result is already known. */
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

/** A node that may run now, with its input messages and the nodes they come from. */
export interface Ready<M> {
  readonly node: GraphNode;
  readonly run: BodyRun<M>;
  readonly inputs: readonly { readonly from: GraphNode; readonly message: M }[];
  /** True for a join that can no longer get as many arrivals as it needs. */
  readonly isShort: boolean;
}

/**
 * A loop whose items are all done. Settle it on the port `done` with the results, which are in the order of the items.
 */
export interface FinishedLoop {
  readonly node: GraphNode;
  readonly results: readonly unknown[];
}

export interface Advance<M> {
  readonly ready: Ready<M>[];
  /**
   * Running nodes in branches that no join waits for any more. The runner ends those it can end, and reports them with
   * `abandon`.
   */
  readonly lost: { readonly node: GraphNode; readonly run: BodyRun<M> }[];
  readonly skipped: { readonly node: GraphNode; readonly run: BodyRun<M> }[];
  readonly finishedLoops: (FinishedLoop & { readonly run: BodyRun<M> })[];
}

/** The part of the flow that handles an error which the node itself does not handle. */
export type ErrorRoute<M> =
  | { readonly to: 'catch'; readonly ready: Ready<M>; readonly advance: Advance<M> }
  | { readonly to: 'item'; readonly advance: Advance<M> }
  /** A join takes the error as the end of a branch. */
  | { readonly to: 'join'; readonly advance: Advance<M> }
  | { readonly to: 'loop'; readonly node: GraphNode; readonly run: BodyRun<M> }
  /** The error has no effect, because another item has already ended the loop. */
  | { readonly to: 'nowhere' }
  | { readonly to: 'execution' };

const OPEN = 0;
const ARRIVED = 1;
const DEAD = 2;

export class Progress<M> {
  readonly top: BodyRun<M>;
  readonly #graph: FlowGraph;
  /** Returns the payload of a message, for the results of a loop. */
  readonly #dataOf: (message: M) => unknown;

  constructor(graph: FlowGraph, dataOf: (message: M) => unknown) {
    this.#graph = graph;
    this.#dataOf = dataOf;
    this.top = newRun<M>(graph, '', undefined, undefined, -1);
  }

  /** Settles the trigger with the incoming message. */
  start(port: string, message: M): Advance<M> {
    this.top.started[this.#graph.trigger] = true;
    this.#begin(this.#graph.nodes[this.#graph.trigger]!, this.top);
    return this.settle(this.#graph.nodes[this.#graph.trigger]!, this.top, { [port]: message });
  }

  get isDone(): boolean {
    return this.top.active === 0;
  }

  /** Settles a node that emitted on these ports. If it emitted nothing, every path after it is dead. */
  settle(node: GraphNode, run: BodyRun<M>, emits: Emits<M>): Advance<M> {
    const advance = newAdvance<M>();
    run.outputs[node.index] = emits;
    // End the node before its edges are marked, because a join that then runs ends all running nodes of its branches.
    this.#end(node, run);
    for (const edge of node.outs) this.#mark(edge, run, Object.hasOwn(emits, edge.port) ? ARRIVED : DEAD, advance);
    this.#quiesce(run, advance);
    return advance;
  }

  /** Called when the node was ended because no join waits for its branch; a later output of the node is ignored. */
  abandon(node: GraphNode, run: BodyRun<M>): Advance<M> {
    const advance = newAdvance<M>();
    if (run.open[node.index]) {
      this.#end(node, run);
      this.#quiesce(run, advance);
    }
    return advance;
  }

  /** Returns true if no join waits any more for the branch of the node, or of a loop around it. */
  isLost(node: GraphNode, run: BodyRun<M>): boolean {
    for (let at: GraphNode = node, body: BodyRun<M> | undefined = run; body; at = body.loop?.node ?? at, body = body.parent)
      if (body.lost?.has(at.index)) return true;
    return false;
  }

  /** Starts the first iterations of a loop, now that its items are known. */
  openLoop(node: GraphNode, run: BodyRun<M>, items: readonly M[]): Advance<M> {
    const advance = newAdvance<M>();
    if (run.lost?.has(node.index)) return advance;
    const loop: LoopRun<M> = { node, within: run, items, results: new Array<unknown>(items.length), next: 0, running: 0, isBroken: false };
    if (node.each.length === 0) advance.finishedLoops.push({ node, run, results: items.map(this.#dataOf) });
    else this.#startItems(loop, advance);
    return advance;
  }

  /**
   * Decides which part of the flow takes the error of this node. For `catch` and `item`, the node counts as settled
   * without output.
   */
  fail(node: GraphNode, run: BodyRun<M>, error: unknown, matches: (candidate: GraphNode) => boolean, toMessage: () => M): ErrorRoute<M> {
    if (node.guard >= 0) return { to: 'join', advance: this.#failBranch(node, run, toMessage()) };
    const handler = this.#graph.catches.get(node.body)?.find((candidate) => !run.started[candidate.index] && matches(candidate));
    if (handler) {
      run.started[handler.index] = true;
      this.#begin(handler, run);
      const ready: Ready<M> = { node: handler, run, inputs: [{ from: node, message: toMessage() }], isShort: false };
      return { to: 'catch', ready, advance: this.settle(node, run, {}) };
    }
    if (!run.loop) return { to: 'execution' };
    if (run.loop.node.loop?.keepItemErrors) return { to: 'item', advance: this.#endItem(run, { error }) };
    if (run.loop.isBroken) return { to: 'nowhere' };
    run.loop.isBroken = true;
    return { to: 'loop', node: run.loop.node, run: run.loop.within };
  }

  #begin(node: GraphNode, run: BodyRun<M>): void {
    run.open[node.index] = true;
    run.active += 1;
  }

  #end(node: GraphNode, run: BodyRun<M>): void {
    if (!run.open[node.index]) return;
    run.open[node.index] = false;
    run.active -= 1;
  }

  #mark(edge: GraphEdge, run: BodyRun<M>, state: 1 | 2, advance: Advance<M>): void {
    const target = this.#graph.nodes[edge.to]!;
    if (run.edges[edge.index] !== OPEN) return;
    // A message from an error port counts as the failure of its branch. If a path handles the error, that path enters
    // the join from another node.
    const isFailure = state === ARRIVED && edge.port === 'error' && target.join?.first === 'success';
    if (isFailure) noteFailure(run, edge.index, run.outputs[edge.from]!['error']!);
    run.edges[edge.index] = isFailure ? DEAD : state;
    this.#judge(target, run, advance);
  }

  #judge(target: GraphNode, run: BodyRun<M>, advance: Advance<M>): void {
    if (run.started[target.index]) return;
    const verdict = judge(target, run);
    if (verdict === 'wait') return;
    run.started[target.index] = true;
    if (verdict === 'skip' || (run.loop !== undefined && this.isLost(run.loop.node, run.loop.within))) {
      advance.skipped.push({ node: target, run });
      for (const next of target.outs) this.#mark(next, run, DEAD, advance);
      return;
    }
    this.#begin(target, run);
    const isShort = verdict === 'short';
    advance.ready.push({ node: target, run, inputs: this.#arrivals(target, run, isShort), isShort });
    if (target.branches.length > 0)
      this.#endBranches(
        target,
        run,
        target.ins.map(({ index }) => index),
        advance,
      );
  }

  /**
   * Passes the error to the join as the end of the branches that contain the node. If the join already runs, it no
   * longer waits for them.
   */
  #failBranch(node: GraphNode, run: BodyRun<M>, message: M): Advance<M> {
    const advance = newAdvance<M>();
    const join = this.#graph.nodes[node.guard]!;
    const { edges } = join.branches.find((branch) => branch.node === node.index)!;
    this.#end(node, run);
    for (const edge of edges) {
      if (run.edges[edge] !== OPEN) continue;
      noteFailure(run, edge, message);
      run.edges[edge] = join.join?.first === 'end' ? ARRIVED : DEAD;
    }
    this.#endBranches(join, run, edges, advance);
    this.#judge(join, run, advance);
    this.#quiesce(run, advance);
    return advance;
  }

  /** Makes sure that nothing more starts in branches that lead only to these edges. */
  #endBranches(join: GraphNode, run: BodyRun<M>, edges: readonly number[], advance: Advance<M>): void {
    for (const branch of join.branches) {
      if (!branch.edges.every((edge) => edges.includes(edge))) continue;
      const node = this.#graph.nodes[branch.node]!;
      const isLost = run.lost?.has(node.index) === true;
      if (run.open[node.index] && !isLost) {
        (run.lost ??= new Set()).add(node.index);
        advance.lost.push({ node, run });
      } else if (!run.started[node.index]) {
        run.started[node.index] = true;
        advance.skipped.push({ node, run });
      } else continue;
      for (const edge of node.outs) if (run.edges[edge.index] === OPEN && edge.to !== join.index) run.edges[edge.index] = DEAD;
    }
  }

  /** Returns the messages that arrived at the node. With `isShort`, includes the errors of its branches. */
  #arrivals(target: GraphNode, run: BodyRun<M>, isShort: boolean): { from: GraphNode; message: M }[] {
    const inputs: { from: GraphNode; message: M }[] = [];
    for (const edge of target.ins) {
      const failure = run.failures?.get(edge.index);
      if (run.edges[edge.index] !== ARRIVED && !(isShort && failure !== undefined)) continue;
      inputs.push({ from: this.#graph.nodes[edge.from]!, message: failure ?? run.outputs[edge.from]![edge.port]! });
      if (target.role !== 'join') break;
    }
    return inputs;
  }

  /**
   * Called after a node settled. If no node of this body runs, skips its unused catch nodes. If still nothing can run,
   * the body is done.
   */
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
    if (within.lost?.has(node.index)) return;
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

  /**
   * Returns the result of an iteration: the payload that its last node emitted or, if there are several last nodes, an
   * object by node id.
   */
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

function judge<M>(node: GraphNode, { edges, failures }: BodyRun<M>): 'run' | 'short' | 'skip' | 'wait' {
  let arrived = 0;
  let open = 0;
  let failed = 0;
  for (const edge of node.ins) {
    if (failures?.has(edge.index)) failed += 1;
    if (edges[edge.index] === ARRIVED) arrived += 1;
    else if (edges[edge.index] === OPEN) open += 1;
  }
  if (node.role !== 'join') return arrived > 0 ? 'run' : open > 0 ? 'wait' : 'skip';
  const need = node.join?.need ?? 'all';
  if (need === 'all') return open > 0 ? 'wait' : arrived > 0 ? 'run' : 'skip';
  if (arrived >= need) return 'run';
  return open > 0 ? 'wait' : arrived + failed === 0 ? 'skip' : 'short';
}

function noteFailure<M>(run: BodyRun<M>, edge: number, message: M): void {
  (run.failures ??= new Map()).set(edge, message);
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
    open: new Array<boolean>(graph.nodes.length).fill(false),
    failures: undefined,
    lost: undefined,
    active: 0,
    isEnded: false,
  };
}

function newAdvance<M>(): Advance<M> {
  return { ready: [], lost: [], skipped: [], finishedLoops: [] };
}

function merge<M>(into: Advance<M>, from: Advance<M>): void {
  into.ready.push(...from.ready);
  into.lost.push(...from.lost);
  into.skipped.push(...from.skipped);
  into.finishedLoops.push(...from.finishedLoops);
}
