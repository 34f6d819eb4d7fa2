/**
 * Decides which receivers an open alarm notifies now. A pure function that applies throttling, silences and escalation.
 */
import type { AlarmReceiver, AlarmSettings } from './alarm-settings.ts';
import { isSilenced, type AlarmDocument, type NoticeKind, type SilenceDocument } from './alarm-store.ts';

export interface Notice {
  readonly kind: NoticeKind;
  readonly to: readonly string[];
}

const MINUTE_MS = 60_000;

export function nextNotice(
  alarm: AlarmDocument,
  settings: AlarmSettings,
  silences: readonly SilenceDocument[],
  now: number,
): Notice | undefined {
  if (alarm.status !== 'open' || alarm.pending !== undefined || isSilenced(alarm, silences, now)) return undefined;
  const kind = kindOf(alarm, settings, now);
  if (kind === undefined) return undefined;
  const isSecondNotified = kind === 'reminder' && alarm.escalatedAt !== undefined;
  const to = receiversOf(settings, (group) => (group === 'first' ? kind !== 'escalated' : kind === 'escalated' || isSecondNotified));
  return to.length === 0 ? undefined : { kind, to };
}

function kindOf(alarm: AlarmDocument, settings: AlarmSettings, now: number): NoticeKind | undefined {
  const repeatMs = settings.repeatMinutes * MINUTE_MS;
  const isQuiet = alarm.lastToldAt !== undefined && now - alarm.lastToldAt < repeatMs;
  const hasSecond = receiversOf(settings, (group) => group === 'second').length > 0;
  const isLate = now - alarm.openedAt >= settings.escalateMinutes * MINUTE_MS;
  if (hasSecond && isLate && alarm.escalatedAt === undefined) return 'escalated';
  if (isQuiet) return undefined;
  return alarm.toldAt === undefined ? 'opened' : 'reminder';
}

function receiversOf({ receivers }: AlarmSettings, isWanted: (group: AlarmReceiver['group']) => boolean): readonly string[] {
  return receivers.filter(({ on, group }) => on && isWanted(group)).map(({ receiverId }) => receiverId);
}
