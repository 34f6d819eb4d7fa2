/**
 * Lists all processes of the installation. Each writes a heartbeat with its counters into one document, and a reader
 * reads all these documents. This costs one write per process every few seconds, and reads only on request; it never
 * delays a message. An exclusive store has one process, which is described from memory.
 */
import type { Changes } from '../changes/create-changes.ts';
import type { FrontCalls } from '../contract/calls/front-calls.ts';
import type { GatewayCondition } from '../contract/calls/gateway-condition.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Documents } from '../contract/ports/documents.ts';
import type { LiveCounters } from '../observe/live-counters.ts';
import { createCallMemory, type CalledKind } from './call-memory.ts';
import { Heartbeat, type SelfDescription } from './heartbeat.ts';
import { OtherProcesses } from './other-processes.ts';
import type { LifeState, ProcessLife } from './process-life.ts';
import { processesSpec, type ProcessAbout, type ProcessDocument, type ProcessLoad, type ProcessParts } from './process-document.ts';
import { joinConditions, sumFrontCalls } from './sum-fronts.ts';
import { sumCalls, type CallSums } from './sum-calls.ts';
import { sumLive, type LiveSums } from './sum-live.ts';
import { mergeListeners, type ListenerOfProcess } from './merge-listeners.ts';

export interface ProcessState extends ProcessAbout, ProcessParts {
  readonly processId: string;
  /** Adapters and tags that the process serves exclusively. */
  readonly serves?: readonly string[];
  /** Absent if the version of the process does not write marks. */
  readonly writesMarks?: true;
  readonly load: ProcessLoad;
  /** `silent` means that there was no heartbeat for too long; the numbers of the process are not counted. */
  readonly state: LifeState;
  readonly lastSeenAt: number;
  /** Time of the last heartbeat, by the clock of that process. By another machine's clock it may be later. */
  readonly beatAt: number;
  /** When the process is removed from the list; absent while it is alive. */
  readonly goneAt?: number;
  /** True for the process that creates this list. */
  readonly isSelf: boolean;
}

export interface Processes {
  /** Returns silent processes first, then running ones, then stopped ones; each group by role, host and start. */
  list(): Promise<readonly ProcessState[]>;
  /** Returns where each flow listens: one entry per flow, from the process that listens. */
  listeners(): Promise<readonly ListenerOfProcess[]>;
  /** Counts of published flows over all running processes. Counts of other processes are some seconds old. */
  readonly live: LiveSums;
  /**
   * Returns the counts of adapter calls over all running processes. The time of the last response, and the time when
   * calls began to fail, may be from before these processes started.
   */
  adapterCalls(): Promise<CallSums>;
  interfaceCalls(): Promise<CallSums>;
  /** Returns the calls that arrived at each front in the last five minutes, over all running processes. */
  frontCalls(): Promise<readonly FrontCalls[]>;
  /** Returns what needs attention in the gateways of all running processes. */
  gatewayConditions(): Promise<readonly GatewayCondition[]>;
  /**
   * Returns the time when an earlier adapter or interface with this id was deleted; 0 if there was none. Calls before
   * this time do not belong to the current one.
   */
  callsSince(kind: CalledKind, id: string): Promise<number>;
  /** Called when an adapter or interface was deleted, so that a later one with the same id starts with no calls. */
  endCalls(kind: CalledKind, id: string): Promise<void>;
  /** Returns the number of executions that ended, by flow. */
  flowCalls(): Promise<CallSums>;
  start(): Promise<void>;
  /** Records that this process stopped as requested. */
  stop(): Promise<void>;
}

export interface ProcessesDeps extends SelfDescription {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: Pick<LiveCounters, 'list' | 'get' | 'counted'>;
  /** Drops this process's counts of a deleted adapter. */
  forgetAdapter(adapterId: string): void;
  /** Notifies other processes that the calls of an adapter or interface were ended. */
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
}

/** The topic for deleted adapters and interfaces. */
const ENDED = 'ended-calls';

export async function createProcesses(deps: ProcessesDeps): Promise<Processes> {
  const { clock, documents, log, changes } = deps;
  const { isExclusive } = documents;
  const stored = await documents.open(processesSpec);
  const heartbeat = new Heartbeat({ ...deps, stored, isExclusive });
  const others = new OtherProcesses({ ...deps, stored, isExclusive });
  const ownCalls = (kind: CalledKind) => (kind === 'adapter' ? deps.adapterCalls() : (deps.parts().interfaces ?? []));
  const callsOf = async (kind: CalledKind) => {
    const living = (await others.living()).map(({ adapters = [], interfaces = [] }) => (kind === 'adapter' ? adapters : interfaces));
    return memory.recall(kind, sumCalls([ownCalls(kind), ...living]));
  };
  const memory = await createCallMemory({ documents, clock, log, own: ownCalls, sums: callsOf });
  const unfollow = changes.follow(ENDED, (key) => {
    if (key?.startsWith('adapter/') === true) deps.forgetAdapter(key.slice('adapter/'.length));
    memory.readAgain();
  });

  return {
    async list() {
      const found = await others.all();
      const states = found.map((document) => ({ ...shown(document), ...shownLife(others.lifeOf(document._id)), isSelf: false }));
      const self: ProcessState = { ...shown(heartbeat.describe()), state: 'alive', lastSeenAt: clock.now(), isSelf: true };
      return [self, ...states].sort(inOrder);
    },
    async listeners() {
      const { host, pid, role } = deps.about;
      const self = { host, pid, role, listeners: deps.listeners() };
      return mergeListeners([self, ...(await others.living())]);
    },
    live: sumLive(deps.live, async () => (await others.living()).map(({ flows }) => flows)),
    adapterCalls: () => callsOf('adapter'),
    interfaceCalls: () => callsOf('interface'),
    frontCalls: async () => sumFrontCalls([deps.parts(), ...(await others.living())].map(({ frontCalls = [] }) => frontCalls)),
    gatewayConditions: async () => joinConditions([deps.parts(), ...(await others.living())].map(({ conditions = [] }) => conditions)),
    callsSince: (kind, id) => memory.since(kind, id),
    async endCalls(kind, id) {
      if (kind === 'adapter') deps.forgetAdapter(id);
      await memory.end(kind, id);
      await changes.announce(ENDED, `${kind}/${id}`);
    },
    flowCalls: async () => sumCalls([deps.flowCalls(), ...(await others.living()).map(({ flowCalls = [] }) => flowCalls)]),
    async start() {
      memory.start();
      await heartbeat.start();
    },
    async stop() {
      unfollow();
      await memory.stop();
      await heartbeat.stop();
    },
  };
}

function shown({ _id, role, version, host, pid, startedAt, seenAt, gateways, console, serves, writesMarks, load }: ProcessDocument) {
  return {
    processId: _id,
    ...{ role, version, host, pid, startedAt, beatAt: seenAt, load },
    ...(gateways === undefined ? {} : { gateways }),
    ...(console === undefined ? {} : { console }),
    ...(serves === undefined ? {} : { serves }),
    ...(writesMarks === undefined ? {} : { writesMarks }),
  };
}

function shownLife({ state, lastSeenAt, goneAt }: ProcessLife) {
  return { state, lastSeenAt, ...(state === 'alive' ? {} : { goneAt }) };
}

/** Silent processes come first: a person must see them. */
const RANK: Readonly<Record<LifeState, number>> = { silent: 0, alive: 1, stopped: 2 };

function inOrder(a: ProcessState, b: ProcessState): number {
  return RANK[a.state] - RANK[b.state] || a.role.localeCompare(b.role) || a.host.localeCompare(b.host) || a.startedAt - b.startedAt;
}
