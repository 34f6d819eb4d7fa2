/** Stored alarms and silences. A rule has at most one open alarm per subject: a unique index on `key` ensures this. */
import { Type } from 'typebox';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { AlarmSeverity, AlarmValues } from './rules/alarm-rule.ts';
import type { AlarmRuleName } from './alarm-rules.ts';

export type AlarmStatus = 'open' | 'acknowledged' | 'ended';
export type NoticeKind = 'opened' | 'reminder' | 'escalated' | 'recovered';

/** A notification that is still to be sent; removed once every receiver got it. */
export interface PendingNotice {
  readonly kind: NoticeKind;
  /** Receivers that have not got the notification yet. */
  readonly to: readonly string[];
  readonly nextAt: number;
  readonly tries: number;
}

export interface AlarmDocument extends StoredDocument {
  readonly rule: AlarmRuleName;
  readonly subject: string;
  /** `<rule>|<subject>` while the alarm is open; absent after it ended. */
  readonly key?: string;
  /** `<rule>|<subject>`, also after the alarm ended. */
  readonly about: string;
  readonly severity: AlarmSeverity;
  readonly values: AlarmValues;
  /** Name of the flow or other object that the alarm is about. */
  readonly name?: Text;
  readonly status: AlarmStatus;
  readonly open?: true;
  readonly openedAt: number;
  readonly seenAt: number;
  /** Time of the first check that no longer found the problem. */
  readonly missedSince?: number;
  readonly endedAt?: number;
  readonly acknowledged?: { readonly by: string; readonly at: number };
  /** Time when the first group was last notified of this alarm or of an earlier one about the same subject. */
  readonly lastToldAt?: number;
  /** Time when the first group was first notified of this alarm. */
  readonly toldAt?: number;
  readonly escalatedAt?: number;
  /** Receivers that were notified of the alarm. They are notified again when it ends. */
  readonly told: readonly string[];
  readonly pending?: PendingNotice;
  /** Receivers that could not be reached after all retries; `code` is the last error. */
  readonly undelivered?: { readonly at: number; readonly to: readonly string[]; readonly code: string };
  readonly expiresAt?: number;
}

export interface SilenceDocument extends StoredDocument {
  /** If absent, the silence applies to every rule. */
  readonly rule?: AlarmRuleName;
  /** If absent, the silence applies to every subject of the rule. */
  readonly subject?: string;
  readonly until: number;
  readonly by: string;
  readonly at: number;
}

export interface AlarmStore {
  readonly alarms: Collection<AlarmDocument>;
  readonly silences: Collection<SilenceDocument>;
}

const shape = Type.Object({ _id: Type.String() }, { additionalProperties: true });
const alarmsSpec: CollectionSpec<AlarmDocument> = {
  name: 'alarms',
  schema: shape,
  indexes: [
    { name: 'key', fields: ['key'], unique: true },
    { name: 'about', fields: ['about', 'openedAt'] },
    { name: 'open', fields: ['open', 'openedAt'] },
    { name: 'by_time', fields: ['openedAt'] },
    { name: 'pending', fields: ['pending.nextAt'] },
  ],
  expiresAt: 'expiresAt',
};
const silencesSpec: CollectionSpec<SilenceDocument> = { name: 'alarm_silences', schema: shape, indexes: [], expiresAt: 'until' };

export const KEEP_ENDED_MS = 90 * 86_400_000;

export async function openAlarmStore(documents: Documents): Promise<AlarmStore> {
  return { alarms: await documents.open(alarmsSpec), silences: await documents.open(silencesSpec) };
}

export function isSilenced({ rule, subject }: AlarmDocument, silences: readonly SilenceDocument[], now: number): boolean {
  return silences.some(
    (silence) =>
      silence.until > now &&
      (silence.rule === undefined || silence.rule === rule) &&
      (silence.subject === undefined || silence.subject === subject),
  );
}
