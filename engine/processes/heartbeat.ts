/**
 * Writes the document in which this process describes itself, every few seconds while it runs. On an exclusive store
 * nobody else reads it, so it is not written.
 */
import type { CallCounts } from '../contract/calls/call-stats.ts';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { LiveCounters } from '../observe/live-counters.ts';
import type { TriggerStatus } from '../trigger/trigger-run.ts';
import type { FlowPart, ProcessAbout, ProcessDocument, ProcessLoad, ProcessParts } from './process-document.ts';

export interface SelfDescription {
  readonly processId: string;
  readonly about: ProcessAbout;
  readonly serves: readonly string[];
  readonly live: Pick<LiveCounters, 'counted'>;
  readonly adapterCalls: () => readonly CallCounts[];
  readonly flowCalls: () => readonly CallCounts[];
  parts(): ProcessParts;
  load(): Pick<ProcessLoad, 'running' | 'inHand'>;
  listeners(): readonly TriggerStatus[];
}

export interface HeartbeatDeps extends SelfDescription {
  readonly stored: Collection<ProcessDocument>;
  readonly isExclusive: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const BEAT_MS = 5_000;
/**
 * How long a silent process stays in the list, so that a person can see it is missing. A stopped one stays for less
 * time.
 */
const KEEP_SILENT_MS = 3_600_000;
const KEEP_STOPPED_MS = 600_000;
/** Counts are written for the busiest flows only, so that the document stays small however many flows there are. */
const MOST_FLOWS = 500;
const MOST_CALLED = 500;

export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  readonly #cores: { read(): number };
  #beat = 0;
  /** The counts as they were last written, as JSON text. */
  readonly #told = new Map<string, string>();
  #isStopped = false;
  #cancel: () => void = () => undefined;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
    this.#cores = createCores(deps.clock);
  }

  async start(): Promise<void> {
    if (this.#deps.isExclusive) return;
    await this.#tell();
    this.#schedule();
  }

  /** Records that the process stopped as requested. */
  async stop(): Promise<void> {
    const { clock, log } = this.#deps;
    this.#isStopped = true;
    this.#cancel();
    if (this.#beat === 0) return;
    const stoppedAt = clock.now();
    await this.#tell({ stoppedAt, expiresAt: stoppedAt + KEEP_STOPPED_MS }).catch((error: unknown) =>
      log.debug('process.end_untold', { code: toErrorRecord(error).code }),
    );
  }

  /** Returns the current description of the process. */
  describe(): ProcessDocument {
    const { clock, processId, about, serves, live } = this.#deps;
    const { running, inHand } = this.#deps.load();
    return {
      _id: processId,
      ...about,
      ...boundedParts(this.#deps.parts()),
      ...(serves.length === 0 ? {} : { serves }),
      writesMarks: true,
      beat: this.#beat,
      seenAt: clock.now(),
      load: { running, inHand, cores: this.#cores.read(), memoryBytes: process.memoryUsage.rss() },
      listeners: this.#deps.listeners(),
      flows: busiest(live.counted()),
      adapters: mostCalled(this.#deps.adapterCalls()),
      flowCalls: mostCalled(this.#deps.flowCalls()),
      expiresAt: clock.now() + KEEP_SILENT_MS,
    };
  }

  #schedule(): void {
    const { clock, log } = this.#deps;
    this.#cancel = clock.after(BEAT_MS, () => {
      void this.#tell()
        .catch((error: unknown) => log.debug('process.not_told', { code: toErrorRecord(error).code }))
        .finally(() => {
          if (!this.#isStopped) this.#schedule();
        });
    });
  }

  async #tell(more: Partial<ProcessDocument> = {}): Promise<void> {
    const { stored } = this.#deps;
    this.#beat += 1;
    const {
      _id,
      flows,
      adapters = [],
      interfaces = [],
      flowCalls = [],
      frontCalls = [],
      conditions = [],
      ...rest
    } = { ...this.describe(), ...more };
    const counts = { flows, adapters, interfaces, flowCalls, frontCalls, conditions };
    // The counts are long and rarely change, so only changed ones are written.
    const texts = Object.entries(counts).map(([name, value]) => [name, value, JSON.stringify(value)] as const);
    const isChanged = ([name, , text]: (typeof texts)[number]) => text !== this.#told.get(name);
    const changed = Object.fromEntries(texts.filter(isChanged).map(([name, value]) => [name, value]));
    const { outcome } = await stored.patchIf(_id, {}, { set: { ...rest, ...changed } });
    if (outcome === 'no-match') await stored.insert({ _id, ...rest, ...counts });
    for (const [name, , text] of texts) this.#told.set(name, text);
  }
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

/**
 * Measures how many CPU cores this process used on average (CPU time divided by elapsed time), over at least half the
 * interval between two heartbeats.
 */
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
