/**
 * All processes of the installation. Each writes a heartbeat with its counters into one document, and a reader reads
 * all of them. This costs one write per process every few seconds, and reads only on request; it never delays a
 * message. An exclusive store has one process, which is described from memory.
 */
import type { Changes } from '../changes/create-changes.ts';
import type { CallCounts } from '../contract/calls/call-stats.ts';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Documents } from '../contract/ports/documents.ts';
import type { LiveCounters } from '../observe/live-counters.ts';
import type { TriggerStatus } from '../trigger/trigger-run.ts';
import { createCallMemory, type CalledKind } from './call-memory.ts';
import { watchLife, type LifeState, type ProcessLife } from './process-life.ts';
import {
  processesSpec,
  type FlowPart,
  type ProcessAbout,
  type ProcessDocument,
  type ProcessLoad,
  type ProcessParts,
} from './process-document.ts';
import { sumCalls, type CallSums } from './sum-calls.ts';
import { sumLive, type LiveSums } from './sum-live.ts';
import { mergeListeners, type ListenerOfProcess } from './merge-listeners.ts';

export interface ProcessState extends ProcessAbout, ProcessParts {
  readonly processId: string;
  /** Adapters and tags it serves exclusively. */
  readonly serves?: readonly string[];
  /** Absent: its version does not write marks. */
  readonly writesMarks?: true;
  readonly load: ProcessLoad;
  /** `silent`: no heartbeat for too long; its numbers are not counted. */
  readonly state: LifeState;
  readonly lastSeenAt: number;
  /** Its last beat by its own clock; an observing process may have seen it later. */
  readonly beatAt: number;
  /** When it is removed from the list; absent while it is alive. */
  readonly goneAt?: number;
  /** True for the process that creates this list. */
  readonly isSelf: boolean;
}

export interface Processes {
  /** Running processes first, then by role and start. */
  list(): Promise<readonly ProcessState[]>;
  /** Where each flow listens: one entry per flow, from the process that holds it. */
  listeners(): Promise<readonly ListenerOfProcess[]>;
  /** Counts of published flows over all running processes; those of others are some seconds old. */
  readonly live: LiveSums;
  /**
   * The same for calls of adapters and interfaces. When they last responded, and since when they fail, includes the
   * time before these processes started.
   */
  adapterCalls(): Promise<CallSums>;
  interfaceCalls(): Promise<CallSums>;
  /** From when on calls belong to the current owner of this id; 0: all do. */
  callsSince(kind: CalledKind, id: string): Promise<number>;
  /** Called when it was deleted: a later one with the same id starts with no calls. */
  endCalls(kind: CalledKind, id: string): Promise<void>;
  /** Executions that ended, by flow. */
  flowCalls(): Promise<CallSums>;
  start(): Promise<void>;
  /** Records that it stopped as requested. */
  stop(): Promise<void>;
}

export interface ProcessesDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processId: string;
  readonly about: ProcessAbout;
  readonly serves: readonly string[];
  readonly live: Pick<LiveCounters, 'list' | 'get' | 'counted'>;
  readonly adapterCalls: () => readonly CallCounts[];
  /** Drops this process's counts of a deleted adapter. */
  forgetAdapter(adapterId: string): void;
  /** How processes learn that others ended the calls of one. */
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  readonly flowCalls: () => readonly CallCounts[];
  parts(): ProcessParts;
  load(): Pick<ProcessLoad, 'running' | 'inHand'>;
  listeners(): readonly TriggerStatus[];
}

/** The topic for deleted adapters and interfaces. */
const ENDED = 'ended-calls';
const BEAT_MS = 5_000;
/** A read within this time returns the previous result. */
const FRESH_MS = 2_000;
/**
 * How long a silent process stays in the list, so that a person can see it is missing. A stopped one stays for less
 * time.
 */
const KEEP_SILENT_MS = 3_600_000;
const KEEP_STOPPED_MS = 600_000;
const MOST_PROCESSES = 1_000;
/** For the busiest flows only: one document must stay small however many flows there are. */
const MOST_FLOWS = 500;
const MOST_CALLED = 500;

export async function createProcesses(deps: ProcessesDeps): Promise<Processes> {
  const { clock, documents, log, processId } = deps;
  const stored = await documents.open(processesSpec);
  const life = watchLife(clock);
  const cores = createCores(clock);
  let beat = 0;
  const told = new Map<string, string>();
  let isStopped = false;
  let cancel: () => void = () => undefined;
  let others: { readonly at: number; readonly read: Promise<readonly ProcessDocument[]> } | undefined;
  let lastRead: readonly ProcessDocument[] = [];

  function now(): ProcessDocument {
    const { running, inHand } = deps.load();
    return {
      _id: processId,
      ...deps.about,
      ...boundedParts(deps.parts()),
      ...(deps.serves.length === 0 ? {} : { serves: deps.serves }),
      writesMarks: true,
      beat,
      seenAt: clock.now(),
      load: { running, inHand, cores: cores.read(), memoryBytes: process.memoryUsage.rss() },
      listeners: deps.listeners(),
      flows: busiest(deps.live.counted()),
      adapters: mostCalled(deps.adapterCalls()),
      flowCalls: mostCalled(deps.flowCalls()),
      expiresAt: clock.now() + KEEP_SILENT_MS,
    };
  }

  async function tell(more: Partial<ProcessDocument> = {}): Promise<void> {
    beat += 1;
    const { _id, flows, adapters = [], interfaces = [], flowCalls = [], ...rest } = { ...now(), ...more };
    const counts = { flows, adapters, interfaces, flowCalls };
    // The counts are long and rarely change, so only changed ones are written.
    const texts = Object.entries(counts).map(([name, value]) => [name, value, JSON.stringify(value)] as const);
    const changed = Object.fromEntries(texts.filter(([name, , text]) => text !== told.get(name)).map(([name, value]) => [name, value]));
    const { outcome } = await stored.patchIf(_id, {}, { set: { ...rest, ...changed } });
    if (outcome === 'no-match') await stored.insert({ _id, ...rest, ...counts });
    for (const [name, , text] of texts) told.set(name, text);
  }

  function schedule(): void {
    cancel = clock.after(BEAT_MS, () => {
      void tell()
        .catch((error: unknown) => log.debug('process.not_told', { code: toErrorRecord(error).code }))
        .finally(() => {
          if (!isStopped) schedule();
        });
    });
  }

  /**
   * If the store fails, the last result stays. In time all other processes appear silent, which is correct: nothing
   * is known of them.
   */
  function readOthers(): Promise<readonly ProcessDocument[]> {
    if (documents.isExclusive) return Promise.resolve([]);
    if (others !== undefined && clock.monotonic() - others.at < FRESH_MS) return others.read;
    const read = stored.find({}, { limit: MOST_PROCESSES }).then(
      (found) => {
        life.observe(found);
        return (lastRead = found.filter(({ _id }) => _id !== processId && life.of(_id).goneAt > clock.now()));
      },
      (error: unknown) => {
        log.debug('process.others_unknown', { code: toErrorRecord(error).code });
        return lastRead;
      },
    );
    others = { at: clock.monotonic(), read };
    return read;
  }

  const ownCalls = (kind: CalledKind) => (kind === 'adapter' ? deps.adapterCalls() : (deps.parts().interfaces ?? []));
  const callsOf = async (kind: CalledKind) => {
    const others = (await living()).map(({ adapters = [], interfaces = [] }) => (kind === 'adapter' ? adapters : interfaces));
    return memory.recall(kind, sumCalls([ownCalls(kind), ...others]));
  };
  const memory = await createCallMemory({ documents, clock, log, own: ownCalls, sums: callsOf });
  const unfollow = deps.changes.follow(ENDED, (key) => {
    if (key?.startsWith('adapter/') === true) deps.forgetAdapter(key.slice('adapter/'.length));
    memory.readAgain();
  });
  const living = async () => (await readOthers()).filter(({ _id }) => life.of(_id).state === 'alive');

  return {
    async list() {
      const found = await readOthers();
      const states = found.map((document) => ({ ...shown(document), ...lifeOf(life.of(document._id)), isSelf: false }));
      const self: ProcessState = { ...shown(now()), state: 'alive', lastSeenAt: clock.now(), isSelf: true };
      return [self, ...states].sort(inOrder);
    },
    async listeners() {
      const { host, pid, role } = deps.about;
      const self = { host, pid, role, listeners: deps.listeners() };
      return mergeListeners([self, ...(await living())]);
    },
    live: sumLive(deps.live, async () => (await living()).map(({ flows }) => flows)),
    adapterCalls: () => callsOf('adapter'),
    interfaceCalls: () => callsOf('interface'),
    callsSince: (kind, id) => memory.since(kind, id),
    async endCalls(kind, id) {
      if (kind === 'adapter') deps.forgetAdapter(id);
      await memory.end(kind, id);
      await deps.changes.announce(ENDED, `${kind}/${id}`);
    },
    flowCalls: async () => sumCalls([deps.flowCalls(), ...(await living()).map(({ flowCalls = [] }) => flowCalls)]),
    async start() {
      memory.start();
      if (documents.isExclusive) return;
      await tell();
      schedule();
    },
    async stop() {
      isStopped = true;
      cancel();
      unfollow();
      await memory.stop();
      if (documents.isExclusive || beat === 0) return;
      const stoppedAt = clock.now();
      await tell({ stoppedAt, expiresAt: stoppedAt + KEEP_STOPPED_MS }).catch((error: unknown) =>
        log.debug('process.end_untold', { code: toErrorRecord(error).code }),
      );
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

function lifeOf({ state, lastSeenAt, goneAt }: ProcessLife) {
  return { state, lastSeenAt, ...(state === 'alive' ? {} : { goneAt }) };
}

/** Silent processes come first: a person must see them. */
const RANK: Readonly<Record<LifeState, number>> = { silent: 0, alive: 1, stopped: 2 };

function inOrder(a: ProcessState, b: ProcessState): number {
  return RANK[a.state] - RANK[b.state] || a.role.localeCompare(b.role) || a.host.localeCompare(b.host) || a.startedAt - b.startedAt;
}

function busiest(flows: readonly FlowPart[]): readonly FlowPart[] {
  return flows.length <= MOST_FLOWS ? flows : flows.toSorted((a, b) => b.perMinute - a.perMinute || b.since - a.since).slice(0, MOST_FLOWS);
}

function boundedParts({ interfaces, ...parts }: ProcessParts): ProcessParts {
  return { ...parts, ...(interfaces === undefined ? {} : { interfaces: mostCalled(interfaces) }) };
}

function mostCalled(calls: readonly CallCounts[]): readonly CallCounts[] {
  return calls.length <= MOST_CALLED ? calls : calls.toSorted((a, b) => b.recent.calls - a.recent.calls).slice(0, MOST_CALLED);
}

/** CPU time of this process divided by elapsed time, over at least one beat. */
function createCores(clock: Clock): { read(): number } {
  let at = clock.monotonic();
  let used = process.cpuUsage();
  let last = 0;
  return {
    read() {
      const passedMs = clock.monotonic() - at;
      if (passedMs < BEAT_MS / 2) return last;
      const { user, system } = process.cpuUsage(used);
      last = Math.round((user + system) / 10 / passedMs) / 100;
      at += passedMs;
      used = process.cpuUsage();
      return last;
    },
  };
}
