/** The text that receivers read. It contains ids, numbers and names of flows, but no message content. */
import type { Text } from '../../engine/contract/values/texts.ts';
import { time, type AlarmRule } from './rules/alarm-rule.ts';
import { ALARM_RULES } from './alarm-rules.ts';
import type { AlarmDocument, NoticeKind } from './alarm-store.ts';

export interface NoticeLine {
  /** `test`: a person sends a sample notice to test the receiver. */
  readonly kind: NoticeKind | 'test';
  readonly alarm: AlarmDocument;
}

export interface Installation {
  readonly environment: string;
  /** Address of the console; absent when not configured. */
  readonly console: string | undefined;
}

const KINDS: Readonly<Record<NoticeLine['kind'], Text>> = {
  opened: { 'zh-CN': '告警', en: 'Alarm' },
  reminder: { 'zh-CN': '告警仍在', en: 'Still there' },
  escalated: { 'zh-CN': '告警升级（无人确认）', en: 'Escalated (not acknowledged)' },
  recovered: { 'zh-CN': '已恢复', en: 'Recovered' },
  test: { 'zh-CN': '测试，无需处理', en: 'Test, no action needed' },
};
const SEVERITIES = { warning: { 'zh-CN': '警告', en: 'Warning' }, critical: { 'zh-CN': '严重', en: 'Critical' } };

export interface AlarmWords {
  readonly label: Text;
  /** What happened. */
  readonly text: Text;
  /** What a person can do. */
  readonly advice: Text;
  readonly link: string;
}

export function describeAlarm({ rule, values, name }: AlarmDocument): AlarmWords {
  const { text, describe, advise, link } = ALARM_RULES[rule] as AlarmRule;
  return { label: text.label, text: describe(values, name), advice: advise(values), link: link(values) };
}

export function subjectOf(lines: readonly NoticeLine[], { environment }: Installation): string {
  const [first] = lines;
  if (first === undefined) return '';
  const { label } = describeAlarm(first.alarm);
  const more = lines.length > 1 ? `（共 ${lines.length} 条 / ${lines.length} in all）` : '';
  return `[康桥 ${environment}] ${KINDS[first.kind]['zh-CN']}：${label['zh-CN']} / ${KINDS[first.kind].en}: ${label.en}${more}`;
}

/** Returns the text of a mail, in Chinese first and then in English. */
export function mailText(lines: readonly NoticeLine[], installation: Installation): string {
  return [
    ...(['zh-CN', 'en'] as const).map((language) => lines.map((line) => lineText(line, language)).join('\n')),
    footer(installation),
  ].join('\n\n');
}

function lineText({ kind, alarm }: NoticeLine, language: keyof Text): string {
  const { label, text, advice } = describeAlarm(alarm);
  const { openedAt, endedAt } = alarm;
  const span = endedAt === undefined ? time(openedAt) : `${time(openedAt)} – ${time(endedAt)}`;
  const parts = [KINDS[kind][language], SEVERITIES[alarm.severity][language], label[language], text[language], span];
  return [...parts, ...(endedAt === undefined ? [advice[language]] : [])].join(' · ');
}

function footer({ console }: Installation): string {
  return console === undefined ? '' : `${console}/alarms`;
}

export function webhookBody(id: string, at: number, lines: readonly NoticeLine[], installation: Installation): string {
  return JSON.stringify({
    id,
    at: new Date(at).toISOString(),
    environment: installation.environment,
    alarms: lines.map(({ kind, alarm }) => {
      const { label, text, advice, link } = describeAlarm(alarm);
      return {
        notice: kind,
        alarmId: alarm._id,
        rule: alarm.rule,
        severity: alarm.severity,
        status: alarm.status,
        openedAt: new Date(alarm.openedAt).toISOString(),
        ...(alarm.endedAt === undefined ? {} : { endedAt: new Date(alarm.endedAt).toISOString() }),
        ...(alarm.acknowledged === undefined ? {} : { acknowledgedBy: alarm.acknowledged.by }),
        label,
        text,
        advice,
        values: alarm.values,
        ...(installation.console === undefined ? {} : { link: `${installation.console}${link}` }),
      };
    }),
  });
}
