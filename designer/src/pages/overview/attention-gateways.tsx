/** Lists what is wrong with the calls of gateways: interfaces that fail, states that last, and waves of refused calls. */
import { CircleX, ShieldOff, Unplug } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Attention } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { callsAddress } from '../../kit/traffic/calls-address.ts';
import { FRONT_TEXTS } from '../../release/interface-parts.tsx';
import { inArea, type Item } from './attention-item.ts';

const TEXTS = defineTexts({
  failing: ['接口失败', 'Failing'],
  failingWhat: ['{{count}} 个接口的调用失败', 'Interfaces whose calls fail: {{count}}'],
  failingOf: ['近五分钟 {{calls}} 次中失败 {{failed}} 次', '{{failed}} of {{calls}} {{calls|call|calls}} failed within five minutes'],
  allSince: ['自 {{since}}（{{ago}}）起没有成功', 'none has passed since {{since}} ({{ago}})'],
  slow: ['调用久未应答', 'a call has had no response for long'],
  conditions: ['后端异常', 'Services down'],
  conditionsWhat: ['{{count}} 处后端被暂停、摘除或回退', 'Services paused, taken out or taken back: {{count}}'],
  'breaker-open': [
    '实例组 {{group}} 自 {{since}}（{{ago}}）起熔断，暂停调用',
    'the breaker of the group {{group}} has been open since {{since}} ({{ago}})',
  ],
  pausedBy: ['自 {{since}}（{{ago}}）起由人工暂停调用', 'a person paused its calls at {{since}} ({{ago}})'],
  'instances-out': [
    '实例组 {{group}} 自 {{since}}（{{ago}}）起有 {{out}}/{{of}} 个实例被摘除',
    '{{out}} of {{of}} instances of the group {{group}} have been out since {{since}} ({{ago}})',
  ],
  'grey-rolled-back': [
    '灰度发布于 {{since}}（{{ago}}）自动回退，实例组 {{group}} 不再接受请求',
    'the grey release took itself back at {{since}} ({{ago}}); the group {{group}} gets no calls',
  ],
  'relation-failing': [
    '自 {{since}}（{{ago}}）起查不到关系，依赖它的访问被拒绝',
    'it has told no relations since {{since}} ({{ago}}); access that depends on them is refused',
  ],
  waves: ['识别前被拒', 'Refused'],
  wavesWhat: ['未确认调用方的调用大量被拒', 'Many calls refused before it was known who calls'],
  waveOf: ['近五分钟 {{count}} 次，自 {{since}}（{{ago}}）起', '{{count}} within five minutes, since {{since}} ({{ago}})'],
  ofApp: ['其中 {{count}} 次自称应用', '{{count}} of them claim the app'],
  ofAddress: ['其中 {{count}} 次来自', '{{count}} of them from'],
  these: ['查看这些调用', 'show these calls'],
});

export function useFailingInterfaces({ failingInterfaces = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  if (failingInterfaces.length === 0) return [];
  const tone = failingInterfaces.some(({ state }) => state === 'failing') ? 'red' : 'amber';
  const lines = failingInterfaces.map((failing) => <OfFailing key={failing.interfaceId} failing={failing} />);
  const what = t('failingWhat', { count: failingInterfaces.length });
  return [{ key: 'failing-interfaces', tone, icon: CircleX, word: t('failing'), what, lines, to: inArea('interfaces') }];
}

interface OfFailingProps {
  readonly failing: NonNullable<Attention['failingInterfaces']>[number];
}

/** Shows a failing interface: how many calls fail, since when, and why. */
function OfFailing({ failing: { interfaceId, name, state, calls, failed, code, since } }: OfFailingProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const causeOf = useCauseWords();
  return (
    <Parts>
      <Link to={`/interfaces/${interfaceId}`}>{text(name)}</Link>
      {t('failingOf', { calls: format.number(calls), failed: format.number(failed) })}
      {state === 'slow' ? t('slow') : null}
      {state !== 'failing' || since === undefined ? null : t('allSince', { since: format.time(since), ago: format.ago(since) })}
      {code === undefined ? null : (
        <>
          {causeOf(code, 'caller').what} <code>{code}</code>
        </>
      )}
      <Link to={callsAddress({ interface: interfaceId, outcome: 'failed' })}>{t('these')}</Link>
    </Parts>
  );
}

export function useConditions({ conditions = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  if (conditions.length === 0) return [];
  const lines = conditions.map((condition) => (
    <OfCondition key={`${condition.kind} ${condition.interfaceId} ${condition.group}`} condition={condition} />
  ));
  const what = t('conditionsWhat', { count: conditions.length });
  return [{ key: 'conditions', tone: 'red', icon: Unplug, word: t('conditions'), what, lines, to: inArea('gateways') }];
}

interface OfConditionProps {
  readonly condition: NonNullable<Attention['conditions']>[number];
}

function OfCondition({ condition: { kind, interfaceId, name, group, since, values } }: OfConditionProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const words = { group, since: format.time(since), ago: format.ago(since), out: values['out'] ?? '', of: values['of'] ?? '' };
  return (
    <Parts>
      <Link to={`/interfaces/${interfaceId}`}>{text(name)}</Link>
      {t(values['by'] === 'person' ? 'pausedBy' : kind, words)}
    </Parts>
  );
}

export function useWaves({ waves = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  if (waves.length === 0) return [];
  const lines = waves.map((wave) => <OfWave key={`${wave.front} ${wave.code}`} wave={wave} />);
  return [
    {
      key: 'waves',
      tone: 'amber',
      icon: ShieldOff,
      word: t('waves'),
      what: t('wavesWhat'),
      lines,
      to: inArea('calls', '?outcome=refused'),
    },
  ];
}

interface OfWaveProps {
  readonly wave: NonNullable<Attention['waves']>[number];
}

/** Shows refused calls with the same reason: how many, at which front, and who sent most of them. */
function OfWave({ wave: { front, code, count, since, source } }: OfWaveProps) {
  const t = useTexts(TEXTS);
  const nameOf = useTexts(FRONT_TEXTS);
  const format = useFormat();
  const causeOf = useCauseWords();
  const { app, ip } = source ?? {};
  const sent = format.number(source?.count ?? 0);
  const address = callsAddress({ front, code, ...(app === undefined ? {} : { app }), ...(ip === undefined ? {} : { ip }) });
  return (
    <Parts>
      {nameOf(front)}
      <>
        {causeOf(code, 'caller').what} <code>{code}</code>
      </>
      {t('waveOf', { count: format.number(count), since: format.time(since), ago: format.ago(since) })}
      {app === undefined ? null : (
        <>
          {t('ofApp', { count: sent })} <Link to={`/callers/${encodeURIComponent(app)}`}>{app}</Link>
        </>
      )}
      {ip === undefined ? null : (
        <>
          {t('ofAddress', { count: sent })} <code>{ip}</code>
        </>
      )}
      <Link to={address}>{t('these')}</Link>
    </Parts>
  );
}

/** Shows parts of one line with a dot between them; leaves out those that are null. */
function Parts({ children }: { readonly children: readonly ReactNode[] }) {
  const shown = children.filter((part) => part !== null);
  return shown.map((part, index) => (
    <span key={index}>
      {index === 0 ? null : ' · '}
      {part}
    </span>
  ));
}
