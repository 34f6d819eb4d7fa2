/**
 * Limits how many bytes of records a flow may store each day, so that one flow cannot fill the store for all. Over the
 * quota, a completed execution keeps only its keys, for as long as dedupe needs them, and a failed one keeps its
 * message for a week at most. The quota does not change how executions run. All processes count in one small document
 * per flow and day. They write it after each thousandth of the quota, so counting is cheap.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger, Metrics } from '../contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { RunEnd } from './run-job.ts';

export interface RecordQuota {
  /** Returns what to store of an execution that ends now, and for how long. */
  keeping(flow: CompiledFlow, status: RunEnd['status']): Keeping;
  /** Counts the bytes that were stored for one execution. */
  stored(flow: CompiledFlow, keeping: Keeping, bytes: number): void;
  /** Returns the flows that reached their quota today, in any process. */
  exceeded(): Promise<readonly ExceededQuota[]>;
  /** Writes the counts that are not written yet. */
  stop(): Promise<void>;
}

export interface Keeping {
  readonly level: CompiledFlow['recording']['level'];
  readonly forMs: number;
  /** True if less is stored than the flow asks for, because its daily quota is used up. */
  readonly isReduced: boolean;
}

export interface ExceededQuota {
  readonly flowId: string;
  readonly keptBytes: number;
  /** How many executions were stored with less than the flow asks for. */
  readonly reduced: number;
}

export interface RecordQuotaDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** `_id` is `<day>/<flow>`. The day is in the process's time zone. */
interface RecordUsage extends StoredDocument, ExceededQuota {
  readonly day: string;
  readonly expiresAt: number;
}

/** What this process knows about a flow's usage today. */
interface Usage {
  readonly id: string;
  readonly flowId: string;
  readonly day: string;
  readonly quotaBytes: number;
  /** The total of all processes, as of this process's last write. */
  known: number;
  bytes: number;
  reduced: number;
  isWriting: boolean;
}

const EVERY_MS = 5_000;
const DAY_MS = 86_400_000;
const MEGABYTE = 1_048_576;
/**
 * The counts are written each time another thousandth of the quota was used. So a crash loses at most a thousandth of
 * the quota from the count of this process.
 */
const STEPS = 1_000;
const MOST_SHOWN = 1_000;
const FAILURE_DAYS = 7;

const usageSpec: CollectionSpec<RecordUsage> = {
  name: 'record_usage',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [{ name: 'reduced', fields: ['day', 'reduced'] }],
  expiresAt: 'expiresAt',
};

export async function createRecordQuota({ documents, clock, log, metrics }: RecordQuotaDeps): Promise<RecordQuota> {
  const usageDocuments = await documents.open(usageSpec);
  const usages = new Map<string, Usage>();
  let day = { name: dayOf(clock.now()), endsAt: endOfDay(clock.now()) };
  let cancel = clock.after(EVERY_MS, tick);

  function tick(): void {
    cancel = clock.after(EVERY_MS, tick);
    for (const usage of usages.values()) if (usage.reduced > 0) void write(usage);
  }

  function usageOf({ flowId, recording }: CompiledFlow): Usage {
    const now = clock.now();
    if (now >= day.endsAt) {
      day = { name: dayOf(now), endsAt: endOfDay(now) };
      usages.clear();
    }
    const quotaBytes = recording.megabytesPerDay * MEGABYTE;
    const known = usages.get(flowId);
    if (known?.quotaBytes === quotaBytes) return known;
    const counted = known ?? { known: 0, bytes: 0, reduced: 0 };
    const usage: Usage = { ...counted, id: `${day.name}/${flowId}`, flowId, day: day.name, quotaBytes, isWriting: false };
    usages.set(flowId, usage);
    return usage;
  }

  async function write(usage: Usage): Promise<void> {
    if (usage.isWriting || (usage.bytes === 0 && usage.reduced === 0)) return;
    usage.isWriting = true;
    const { bytes, reduced } = usage;
    try {
      const total = await add(usageDocuments, usage, clock.now() + 2 * DAY_MS);
      usage.bytes -= bytes;
      usage.reduced -= reduced;
      usage.known = Math.max(usage.known, total);
    } catch (error) {
      // The count stays in memory and is written with the next step.
      log.debug('quota.not_written', { flowId: usage.flowId, code: toErrorRecord(error).code });
      return;
    } finally {
      usage.isWriting = false;
    }
    if (isStep(usage)) await write(usage);
  }

  return {
    keeping(flow, status) {
      const { known, bytes, quotaBytes } = usageOf(flow);
      return known + bytes < quotaBytes ? inFull(flow) : reduced(flow, status);
    },
    stored(flow, { isReduced }, bytes) {
      const usage = usageOf(flow);
      if (isReduced) {
        usage.reduced += 1;
        metrics.count('records_reduced_total', { flow: flow.flowId });
        return;
      }
      usage.bytes += bytes;
      if (isStep(usage)) void write(usage);
    },
    async exceeded() {
      const found = await usageDocuments.find({ day: dayOf(clock.now()), reduced: { gte: 1 } }, { limit: MOST_SHOWN });
      return found.map(({ flowId, keptBytes, reduced }) => ({ flowId, keptBytes, reduced }));
    },
    async stop() {
      cancel();
      await Promise.all([...usages.values()].map(write));
    },
  };
}

function isStep({ bytes, quotaBytes }: Usage): boolean {
  return bytes >= quotaBytes / STEPS;
}

function inFull({ recording: { level, retainDays } }: CompiledFlow): Keeping {
  return { level, forMs: retainDays * DAY_MS, isReduced: false };
}

/**
 * Returns what to store of an execution over the quota. A failed execution keeps its message for up to a week, so that
 * a person can still resend it.
 */
function reduced({ recording: { level, retainDays }, ingress: { dedupe } }: CompiledFlow, status: RunEnd['status']): Keeping {
  const needMs = Math.max(DAY_MS, dedupe?.windowMs ?? 0);
  if (status !== 'completed') return { level, forMs: Math.max(needMs, Math.min(retainDays, FAILURE_DAYS) * DAY_MS), isReduced: true };
  return { level: level === 'full' ? 'keys' : level, forMs: needMs, isReduced: true };
}

/** Writes the counts. Returns the bytes that all processes have stored for the flow today. */
async function add(stored: Collection<RecordUsage>, { id, flowId, day, bytes, reduced }: Usage, expiresAt: number): Promise<number> {
  const inc = () => stored.patchIf(id, {}, { inc: { keptBytes: bytes, reduced } });
  let result = await inc();
  if (result.outcome === 'no-match') {
    const { inserted } = await stored.insert({ _id: id, flowId, day, keptBytes: bytes, reduced, expiresAt });
    if (inserted) return bytes;
    result = await inc();
  }
  return result.outcome === 'patched' ? result.document.keptBytes : bytes;
}

/**
 * Returns the local day, for example 2026-11-29. Formats it without `Intl`, whose first date in a process loads 8 MB
 * of locale data.
 */
function dayOf(now: number): string {
  const day = new Date(now);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

function endOfDay(now: number): number {
  return new Date(now).setHours(24, 0, 0, 0);
}
