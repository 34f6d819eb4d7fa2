import type { NewEvent } from '../../engine/topics/bus-topic-store.ts';
import type { AlarmDocument, AlarmStore } from '../alarms/alarm-store.ts';
import type { Owners } from '../action/owners.ts';
import { domainsOf } from './domains-of.ts';

const MOST_OPEN = 1_000;

export interface AlarmChanges {
  readonly events: readonly NewEvent[];
  /** The ids of the alarms that are open now. */
  readonly open: readonly string[];
}

/** Returns the alarms that opened or ended since `knownOpen` were open, in the order of their times. */
export async function alarmEvents({ alarms }: AlarmStore, knownOpen: readonly string[], owners: Owners): Promise<AlarmChanges> {
  const open = await alarms.find({ open: true }, { sort: ['openedAt'], limit: MOST_OPEN });
  const ids = new Set(open.map(({ _id }) => _id));
  const known = new Set(knownOpen);
  const ended = await Promise.all(knownOpen.filter((id) => !ids.has(id)).map((id) => alarms.get(id)));
  const events = await Promise.all([
    ...open.filter(({ _id }) => !known.has(_id)).map((alarm) => toEvent(alarm, 'opened', alarm.openedAt, owners)),
    ...ended.flatMap((alarm) => (alarm === undefined ? [] : [toEvent(alarm, 'ended', alarm.endedAt ?? alarm.seenAt, owners)])),
  ]);
  return { events: events.sort((a, b) => a.at - b.at), open: [...ids] };
}

async function toEvent(
  { _id, rule, subject, severity, values }: AlarmDocument,
  change: 'opened' | 'ended',
  at: number,
  owners: Owners,
): Promise<NewEvent> {
  return {
    id: `alarm-${_id}-${change}`,
    type: `alarm.${change}`,
    subject: subject === '' ? undefined : subject,
    at,
    data: { alarm: _id, rule, severity, values },
    domains: domainsOf(await owners.alarmSubject(subject)),
  };
}
