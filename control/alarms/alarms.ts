/**
 * Present and past alarms. Operators acknowledge and silence them; the system administrator sets rules and receivers.
 */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import { findAll } from '../../engine/contract/ports/find-all.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { AlarmRule } from './rules/alarm-rule.ts';
import { ALARM_RULE_NAMES, ALARM_RULES, type AlarmRuleName } from './alarm-rules.ts';
import { AlarmSecrets, AlarmSettings } from './alarm-settings.ts';
import { isSilenced, KEEP_ENDED_MS, type AlarmDocument, type AlarmStore, type SilenceDocument } from './alarm-store.ts';
import { describeAlarm } from './notice-text.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { type Key, onlyPage, type Page, pageOf, type PageQuery, readCursor } from '../action/pages.ts';
import type { DomainScope } from '../access/domains.ts';
import { all, type Owners } from '../action/owners.ts';
import { isAllowed } from '../access/permissions.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { AlarmParts } from './alarm-parts.ts';

export interface AlarmServices {
  readonly clock: Clock;
  readonly owners: Owners;
  readonly alarms: AlarmParts;
}

export type ShownAlarm = Pick<
  AlarmDocument,
  'rule' | 'subject' | 'severity' | 'status' | 'openedAt' | 'endedAt' | 'acknowledged' | 'escalatedAt' | 'undelivered'
> & {
  readonly alarmId: string;
  readonly label: Text;
  readonly text: Text;
  /** What a person can do. */
  readonly advice: Text;
  readonly link: string;
  readonly isSilenced: boolean;
  /** When receivers were last notified. */
  readonly toldAt?: number;
};

export interface AlarmSettingsAnswer {
  readonly settings: AlarmSettings;
  /** Receivers that have a key or password; `mail` for the mail server. */
  readonly withSecret: readonly string[];
  readonly rules: readonly (AlarmRule['text'] & AlarmRule['bound'] & { readonly rule: AlarmRuleName })[];
}

export type ShownSilence = Omit<SilenceDocument, '_id'> & { readonly silenceId: string; readonly label?: Text };

const MOST_ENDED = 200;
const MINUTE_MS = 60_000;
const AlarmId = Type.String({ pattern: '^alm_[A-Za-z0-9_-]{1,60}$' });
const RuleName = Type.Union(ALARM_RULE_NAMES.map((name) => Type.Literal(name)));

export function alarmActions(services: AlarmServices): readonly Action[] {
  return [
    listAlarms(services),
    acknowledgeAlarm(services),
    listSilences(services),
    silenceAlarms(services),
    endSilence(services),
    getSettings(services),
    saveSettings(services),
    testReceiver(services),
  ];
}

function listAlarms({ alarms, clock, owners }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.list',
    right: 'system.read',
    domain: 'filtered',
    text: { 'zh-CN': '告警：未结束的与最近结束的', en: 'Open alarms, and those that ended recently' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<ShownAlarm>> {
      const { alarms: stored, silences } = alarms.store;
      const isSeen = createIsSeen(owners, domains);
      const [open, latest, silent] = await Promise.all([findAll(stored, { open: true }), findLatest(stored, isSeen), findAll(silences)]);
      const all = [...(await keepSeen(open, isSeen)), ...latest.filter(({ status }) => status === 'ended')];
      const { items, ...rest } = pageOf(all, createPlaceOf(wish, clock.now()), wish);
      return { items: items.map((alarm) => toShown(alarm, silent, clock.now())), ...rest };
    },
  });
}

function acknowledgeAlarm({ alarms, clock, owners }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.acknowledge',
    right: 'alarms.acknowledge',
    domain: ({ alarmId }) => all(owners.alarm(alarmId)),
    text: { 'zh-CN': '确认告警：有人在处理，不再提醒和升级', en: 'Acknowledge an alarm: someone is working on it; no more reminders' },
    input: Type.Object({ alarmId: AlarmId }, closed),
    audited: true,
    subject: ({ alarmId }) => alarmId,
    async run({ actor }, { alarmId }) {
      const acknowledged = { by: actor.account, at: clock.now() };
      const result = await alarms.store.alarms.patchIf(
        alarmId,
        { open: true, status: 'open' },
        { set: { status: 'acknowledged', acknowledged }, unset: ['pending'] },
      );
      if (result.outcome !== 'patched')
        throw new AppError('ALARM_NOT_OPEN', 'input', 'This alarm has ended, or someone has already acknowledged it.', {
          values: { alarmId },
          fix: 'Load the list again.',
        });
      alarms.changed();
      return { alarmId };
    },
  });
}

function listSilences({ alarms, clock, owners }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.silences',
    right: 'system.read',
    domain: 'filtered',
    text: { 'zh-CN': '告警屏蔽：此时不通知的告警', en: 'Silences: alarms for which no notices are sent for now' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<ShownSilence>> {
      const silences = (await findAll(alarms.store.silences)).filter(({ until }) => until > clock.now());
      const seen = await keepSeen(silences, createIsSeen(owners, domains));
      const { items, ...rest } = pageOf(seen, ({ _id }) => [_id], wish);
      const described = items.map(({ _id, ...silence }) => ({
        silenceId: _id,
        ...silence,
        ...(silence.rule === undefined ? {} : { label: ALARM_RULES[silence.rule].text.label }),
      }));
      return { items: described, ...rest };
    },
  });
}

function silenceAlarms({ alarms, clock, owners }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.silence',
    right: 'alarms.acknowledge',
    domain: ({ subject = '' }) => all(owners.alarmSubject(subject)),
    text: { 'zh-CN': '屏蔽告警一段时间：照常列出，但不通知', en: 'Silence alarms for a while: they are shown, but no notices are sent' },
    input: Type.Object(
      {
        rule: Type.Optional(RuleName),
        subject: Type.Optional(Type.String({ maxLength: 300 })),
        minutes: Type.Integer({ minimum: 1, maximum: 43_200 }),
      },
      closed,
    ),
    audited: true,
    subject: ({ rule = '*', subject = '*' }) => `${rule} ${subject}`,
    async run({ actor }, { rule, subject, minutes }) {
      const at = clock.now();
      const silence = { _id: createId('sil'), until: at + minutes * MINUTE_MS, by: actor.account, at };
      await alarms.store.silences.insert({
        ...silence,
        ...(rule === undefined ? {} : { rule: rule as AlarmRuleName }),
        ...(subject === undefined ? {} : { subject }),
      });
      alarms.changed();
      return { silenceId: silence._id };
    },
  });
}

function endSilence({ alarms, owners }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.end-silence',
    right: 'alarms.acknowledge',
    domain: ({ silenceId }) => all(owners.silence(silenceId)),
    text: { 'zh-CN': '结束屏蔽', en: 'End a silence' },
    input: Type.Object({ silenceId: Type.String({ maxLength: 60 }) }, closed),
    audited: true,
    subject: ({ silenceId }) => silenceId,
    async run(_ctx, { silenceId }) {
      const isRemoved = await alarms.store.silences.remove(silenceId);
      alarms.changed();
      return { removed: isRemoved };
    },
  });
}

function getSettings({ alarms }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.settings',
    right: 'system.read',
    domain: 'filtered',
    text: { 'zh-CN': '告警规则、接收人、重复与升级时间', en: 'Alarm rules, receivers, and when notices are repeated and escalated' },
    input: Type.Object({}, closed),
    audited: false,
    async run({ actor, domains }): Promise<AlarmSettingsAnswer> {
      const settings = await alarms.settings.read();
      const isWhole = domains.only === undefined;
      const { mail: _mail, ...rules } = withoutAddresses(settings);
      const shown = isAllowed(actor, 'alarms.edit') ? settings : withoutAddresses(settings);
      return {
        // The receivers belong to the whole installation, so people of single domains do not see them.
        settings: isWhole ? shown : { ...rules, receivers: [] },
        withSecret: isWhole ? await alarms.settings.withSecret() : [],
        rules: ALARM_RULE_NAMES.map((rule) => ({ rule, ...ALARM_RULES[rule].text, ...ALARM_RULES[rule].bound })),
      };
    },
  });
}

function saveSettings({ alarms }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.save-settings',
    right: 'alarms.edit',
    domain: 'all',
    text: { 'zh-CN': '保存告警规则与接收人', en: 'Save alarm rules and receivers' },
    input: Type.Object({ settings: AlarmSettings, secrets: Type.Optional(AlarmSecrets) }, closed),
    audited: true,
    async run(ctx, { settings, secrets = {} }) {
      ctx.note.before = withoutAddresses(await alarms.settings.read());
      const saved = await alarms.settings.save(settings, secrets);
      ctx.note.after = withoutAddresses(saved.settings);
      return saved;
    },
  });
}

function testReceiver({ alarms, clock }: AlarmServices): Action {
  return defineAction({
    name: 'alarms.test-receiver',
    right: 'alarms.edit',
    domain: 'all',
    text: { 'zh-CN': '向接收人发一条测试告警', en: 'Send a receiver a test alarm' },
    input: Type.Object({ receiverId: Type.String({ maxLength: 40 }) }, closed),
    audited: true,
    subject: ({ receiverId }) => receiverId,
    async run(_ctx, { receiverId }) {
      const settings = await alarms.settings.read();
      const receiver = settings.receivers.find((candidate) => candidate.receiverId === receiverId);
      if (receiver === undefined)
        throw new AppError('ALARM_RECEIVER_UNKNOWN', 'input', 'This receiver does not exist.', {
          values: { id: receiverId },
          fix: 'Save the receivers first.',
        });
      await alarms.send(receiver, [{ kind: 'test', alarm: testAlarm(clock.now()) }], settings);
      return { sent: true };
    },
  });
}

type IsSeen = (subject: string) => Promise<boolean>;

/**
 * Returns a function that checks whether the person may see the object that an alarm is about. Each object is looked up
 * once, since many alarms are about the same flow.
 */
function createIsSeen(owners: Owners, domains: DomainScope): IsSeen {
  if (domains.only === undefined) return async () => true;
  const known = new Map<string, Promise<boolean>>();
  return (subject) => {
    const seen = known.get(subject) ?? owners.alarmSubject(subject).then((found) => found.domains?.every(domains.holds) === true);
    known.set(subject, seen);
    return seen;
  };
}

/**
 * Returns a function that computes the position of an alarm in the list: open alarms first, then ended ones, each part
 * with the newest first. Each cursor begins with the time of the first page. An alarm that ended after that time keeps
 * its position, so it is neither repeated nor skipped.
 */
function createPlaceOf({ after }: PageQuery, now: number): (alarm: AlarmDocument) => Key {
  const [begunAt = now] = after === undefined ? [] : readCursor(after);
  // Do not use `endedAt`: it is the time of the first check that no longer found the problem, which is before the end
  // of the alarm. `expiresAt` was set when the alarm ended.
  const hasEnded = ({ expiresAt = Infinity }: AlarmDocument) => expiresAt - KEEP_ENDED_MS <= Number(begunAt);
  return (alarm) => [begunAt, hasEnded(alarm) ? 1 : 0, -alarm.openedAt, alarm._id];
}

async function keepSeen<Item extends { readonly subject?: string }>(items: readonly Item[], isSeen: IsSeen): Promise<readonly Item[]> {
  const seen: Item[] = [];
  for (const item of items) if (await isSeen(item.subject ?? '')) seen.push(item);
  return seen;
}

/** Returns the alarms that opened last and that the person may see. Reads page after page until there are enough. */
async function findLatest(stored: AlarmStore['alarms'], isSeen: IsSeen): Promise<readonly AlarmDocument[]> {
  const found: AlarmDocument[] = [];
  for (let after: string | undefined, isLast = false; !isLast && found.length < MOST_ENDED;) {
    const page = await stored.find({}, { sort: ['-openedAt'], limit: MOST_ENDED, ...(after === undefined ? {} : { after }) });
    found.push(...(await keepSeen(page, isSeen)));
    isLast = page.length < MOST_ENDED;
    after = page.at(-1)?._id;
  }
  return found.slice(0, MOST_ENDED);
}

function toShown(alarm: AlarmDocument, silences: readonly SilenceDocument[], now: number): ShownAlarm {
  const { _id, rule, subject, severity, status, openedAt, endedAt, acknowledged, escalatedAt, undelivered, toldAt, lastToldAt } = alarm;
  return {
    alarmId: _id,
    ...{ rule, subject, severity, status, openedAt },
    ...describeAlarm(alarm),
    isSilenced: status === 'open' && isSilenced(alarm, silences, now),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(escalatedAt === undefined ? {} : { escalatedAt }),
    ...(undelivered === undefined ? {} : { undelivered }),
    ...(toldAt === undefined ? {} : { toldAt: lastToldAt ?? toldAt }),
  };
}

/** Returns the settings with only the origin of each webhook URL: the rest of the URL may contain a key. */
function withoutAddresses(settings: AlarmSettings): AlarmSettings {
  return {
    ...settings,
    receivers: settings.receivers.map(({ url, ...receiver }) =>
      url === undefined ? receiver : { ...receiver, url: `${new URL(url).origin}/…` },
    ),
  };
}

/** Returns a sample alarm for testing a receiver; no rule raised it. */
export function testAlarm(now: number): AlarmDocument {
  return {
    _id: 'alm_test',
    ...{ rule: 'held', subject: '', about: 'test', severity: 'warning', values: { count: 0 } },
    ...{ status: 'open', openedAt: now, seenAt: now, told: [] },
  };
}
