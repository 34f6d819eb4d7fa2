/**
 * Reconciles the problems found with the stored alarms: opens, refreshes and ends alarms. All updates are conditional,
 * so two processes may do this at once.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { AlarmSettings } from './alarm-settings.ts';
import { KEEP_ENDED_MS, type AlarmDocument, type AlarmStore } from './alarm-store.ts';
import type { Found, Problem } from './find-problems.ts';

/** Time for which a problem must be gone before its alarm ends, so that the alarm does not open and end repeatedly. */
const ENDED_AFTER_MS = 60_000;
const SEEN_EVERY_MS = 60_000;
const MOST_OPEN = 1_000;

/** Returns true if an alarm opened or ended. */
export async function keepAlarms(found: Found, settings: AlarmSettings, { alarms }: AlarmStore, clock: Clock): Promise<boolean> {
  const open = await alarms.find({ open: true }, { sort: ['openedAt'], limit: MOST_OPEN });
  const byKey = new Map(open.map((alarm) => [alarm.about, alarm]));
  const now = clock.now();
  let hasChanged = false;
  for (const problem of found.problems) {
    const known = byKey.get(keyOf(problem));
    byKey.delete(keyOf(problem));
    if (known !== undefined) await see(known, problem);
    else if (byKey.size < MOST_OPEN) hasChanged = (await begin(problem)) || hasChanged;
  }
  for (const alarm of byKey.values()) if (!found.unknown.has(alarm.rule)) hasChanged = (await miss(alarm)) || hasChanged;
  return hasChanged;

  async function begin(problem: Problem): Promise<boolean> {
    const about = keyOf(problem);
    const [before] = await alarms.find({ about }, { sort: ['-openedAt'], limit: 1 });
    const { inserted } = await alarms.insert({
      _id: createTimedId('alm', now),
      rule: problem.rule,
      subject: problem.subject,
      ...{ key: about, about },
      severity: settings.rules[problem.rule].severity,
      values: problem.values,
      ...(problem.name === undefined ? {} : { name: problem.name }),
      ...{ status: 'open', open: true, openedAt: now, seenAt: now, told: [] },
      ...(before?.lastToldAt === undefined ? {} : { lastToldAt: before.lastToldAt }),
    });
    return inserted;
  }

  async function see(alarm: AlarmDocument, { rule, values }: Problem): Promise<void> {
    const { severity } = settings.rules[rule];
    const isSame = alarm.missedSince === undefined && alarm.severity === severity && sameValues(alarm.values, values);
    if (isSame && now - alarm.seenAt < SEEN_EVERY_MS) return;
    await alarms.patchIf(alarm._id, { open: true }, { set: { seenAt: now, values, severity }, unset: ['missedSince'] });
  }

  async function miss(alarm: AlarmDocument): Promise<boolean> {
    const isOff = !settings.rules[alarm.rule].on;
    if (!isOff && alarm.missedSince === undefined) {
      await alarms.patchIf(alarm._id, { open: true }, { set: { missedSince: now } });
      return false;
    }
    if (!isOff && now - alarm.missedSince! < ENDED_AFTER_MS) return false;
    // Notify the receivers that were notified of this alarm. A notice that is not sent yet is replaced, or removed if
    // no receiver was notified.
    const recovery = alarm.told.length > 0 ? { pending: { kind: 'recovered', to: alarm.told, nextAt: now, tries: 0 } } : {};
    const ended = await alarms.patchIf(
      alarm._id,
      { open: true },
      {
        set: { status: 'ended', endedAt: alarm.missedSince ?? now, expiresAt: now + KEEP_ENDED_MS, ...recovery },
        unset: ['open', 'key', 'missedSince', ...(alarm.told.length > 0 ? [] : ['pending'])],
      },
    );
    return ended.outcome === 'patched';
  }
}

export function keyOf({ rule, subject }: Pick<Problem, 'rule' | 'subject'>): string {
  return `${rule}|${subject}`;
}

function sameValues(a: AlarmDocument['values'], b: AlarmDocument['values']): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}
