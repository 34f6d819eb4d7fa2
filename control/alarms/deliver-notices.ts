/**
 * Delivers notices. A notice is stored before it is sent, and claimed by a conditional update, so only one process
 * sends it. If that process dies, another process sends the notice again. So a receiver may get a notice twice, but
 * always gets it. All notices due for a receiver go in one message.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Logger, Metrics } from '../../engine/contract/values/observe.ts';
import type { AlarmSettings } from './alarm-settings.ts';
import type { AlarmDocument, AlarmStore, PendingNotice } from './alarm-store.ts';
import { nextNotice } from './next-notice.ts';
import type { SendNotice } from './send-notice.ts';

export interface DeliverDeps {
  readonly store: AlarmStore;
  readonly send: SendNotice;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

type Due = AlarmDocument & { readonly pending: PendingNotice };

const FIRST_RETRY_MS = 30_000;
const LAST_RETRY_MS = 600_000;
const MOST_TRIES = 12;
const PAGE = 1_000;

export async function deliverNotices(settings: AlarmSettings, deps: DeliverDeps): Promise<void> {
  await makeNotices(settings, deps);
  const due = await takeDue(deps);
  if (due.length === 0) return;
  const failures = await sendAll(due, settings, deps);
  for (const alarm of due) await settle(alarm, failures, deps);
}

/** Stores a pending notice for each alarm that is due for one. */
async function makeNotices(settings: AlarmSettings, { store, clock }: DeliverDeps): Promise<void> {
  const now = clock.now();
  const silences = await store.silences.find({}, { limit: PAGE });
  for (const alarm of await store.alarms.find({ open: true }, { sort: ['openedAt'], limit: PAGE })) {
    const notice = nextNotice(alarm, settings, silences, now);
    if (notice === undefined) continue;
    const pending: PendingNotice = { ...notice, nextAt: now, tries: 0 };
    await store.alarms.patchIf(alarm._id, { open: true, status: 'open', pending: null }, { set: { pending } });
  }
}

/** Claims and returns the due notices. Other processes do not send them before the time of the next retry. */
async function takeDue({ store, clock }: DeliverDeps): Promise<readonly Due[]> {
  const now = clock.now();
  const taken: Due[] = [];
  for (const { _id, pending } of await store.alarms.find({ 'pending.nextAt': { lte: now } }, { sort: ['pending.nextAt'], limit: PAGE })) {
    if (pending === undefined) continue;
    const tries = pending.tries + 1;
    const result = await store.alarms.patchIf(
      _id,
      { 'pending.nextAt': pending.nextAt, 'pending.tries': pending.tries },
      { set: { 'pending.nextAt': now + retryMs(tries), 'pending.tries': tries } },
    );
    if (result.outcome === 'patched' && result.document.pending !== undefined) taken.push(result.document as Due);
  }
  return taken;
}

function retryMs(tries: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
}

/** Returns the error code of each receiver that could not be reached, by receiver id. */
async function sendAll(due: readonly Due[], settings: AlarmSettings, deps: DeliverDeps): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  const ids = new Set(due.flatMap(({ pending }) => pending.to));
  await Promise.all(
    [...ids].map(async (id) => {
      const receiver = settings.receivers.find(({ receiverId }) => receiverId === id);
      // The receiver was removed or switched off after the notice was stored.
      if (receiver?.on !== true) return;
      const lines = due.filter(({ pending }) => pending.to.includes(id)).map((alarm) => ({ kind: alarm.pending.kind, alarm }));
      try {
        await deps.send(receiver, lines, settings);
        deps.metrics.count('alarm_notices_total', { kind: receiver.kind, outcome: 'sent' });
      } catch (error) {
        const { code, values } = toErrorRecord(error);
        failures.set(id, String(values?.['reason'] ?? code));
        deps.metrics.count('alarm_notices_total', { kind: receiver.kind, outcome: 'failed' });
        deps.logger.warn('alarms.not-sent', { receiver: id, code, reason: String(values?.['reason'] ?? '') });
      }
    }),
  );
  return failures;
}

async function settle({ _id, pending, told }: Due, failures: ReadonlyMap<string, string>, { store, clock }: DeliverDeps): Promise<void> {
  const now = clock.now();
  const left = pending.to.filter((id) => failures.has(id));
  const isOver = left.length === 0 || pending.tries >= MOST_TRIES;
  const set: Record<string, unknown> = { told: [...new Set([...told, ...pending.to.filter((id) => !failures.has(id))])] };
  if (!isOver) set['pending.to'] = left;
  else if (left.length > 0) set['undelivered'] = { at: now, to: left, code: failures.get(left[0]!) ?? '' };
  if (isOver) Object.assign(set, timesOf(pending, now));
  await store.alarms.patchIf(
    _id,
    { 'pending.tries': pending.tries, 'pending.nextAt': pending.nextAt },
    { set, unset: isOver ? ['pending'] : [] },
  );
}

function timesOf({ kind }: PendingNotice, now: number): Readonly<Record<string, number>> {
  if (kind === 'escalated') return { escalatedAt: now };
  if (kind === 'opened') return { toldAt: now, lastToldAt: now };
  return kind === 'reminder' ? { lastToldAt: now } : {};
}
