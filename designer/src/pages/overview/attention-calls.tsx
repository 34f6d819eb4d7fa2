/** Lists failing calls: called systems that do not respond, and interfaces that refuse their callers. */
import { Ban, CloudOff } from 'lucide-react';
import { Link } from 'react-router';
import type { Attention, FailingAdapter, RefusingInterface } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { refusedCallsAddress } from '../../kit/traffic/calls-address.ts';
import { inArea, type Item } from './attention-item.ts';

const TEXTS = defineTexts({
  adapters: ['系统故障', 'System down'],
  adaptersWhat: ['{{count}} 个对方系统的调用一直失败', '{{count}} {{count|system|systems}} failing'],
  callsWhy: ['自 {{since}}（{{ago}}）起：{{why}}', '{{why}}, since {{since}} ({{ago}})'],
  adapterHeld: ['挂起 {{count}} 条', '{{count}} held'],
  adapterWaiting: ['等待 {{count}} 条', '{{count}} waiting'],
  adapterOwner: ['联系：{{owner}}', 'call {{owner}}'],
  interfaces: ['大量被拒', 'Mostly refused'],
  interfacesWhat: ['{{count}} 个接口拒绝了多数调用', 'Interfaces that refuse most of their calls: {{count}}'],
  interfaceOf: ['近五分钟 {{calls}} 次中被拒 {{refused}} 次', '{{refused}} of {{calls}} {{calls|call|calls}} refused within five minutes'],
  interfaceApp: ['调用方 {{app}}', 'caller {{app}}'],
  these: ['查看这些调用', 'show these calls'],
});

export function useAdapters({ adapters = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  if (adapters.length === 0) return [];
  const lines = adapters.map((adapter) => <OfAdapter key={adapter.adapterId} adapter={adapter} />);
  const what = t('adaptersWhat', { count: adapters.length });
  return [{ key: 'adapters', tone: 'red', icon: CloudOff, word: t('adapters'), what, lines, to: inArea('adapters') }];
}

/** Shows a failing system: since when and why it fails, what it blocks, and whom to call. */
function OfAdapter({ adapter }: { readonly adapter: FailingAdapter }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const causeOf = useCauseWords();
  const { adapterId, name, owner, since, code, held = 0, waiting = 0 } = adapter;
  const kept = (status: 'held' | 'waiting', count: number, words: string) =>
    count === 0 ? null : (
      <>
        {' · '}
        <Link to={`/messages?adapter=${encodeURIComponent(adapterId)}&status=${status}`}>{words}</Link>
      </>
    );
  return (
    <>
      <Link to={`/adapters/${adapterId}`}>{text(name)}</Link>{' '}
      {t('callsWhy', { since: format.time(since), ago: format.ago(since), why: causeOf(code).what })} <code>{code}</code>
      {kept('held', held, t('adapterHeld', { count: held }))}
      {kept('waiting', waiting, t('adapterWaiting', { count: waiting }))}
      {owner === '' ? null : ` · ${t('adapterOwner', { owner })}`}
    </>
  );
}

export function useRefusingInterfaces({ interfaces = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  if (interfaces.length === 0) return [];
  const lines = interfaces.map((refusing) => <OfInterface key={refusing.interfaceId} refusing={refusing} />);
  const what = t('interfacesWhat', { count: interfaces.length });
  return [{ key: 'interfaces', tone: 'amber', icon: Ban, word: t('interfaces'), what, lines, to: inArea('interfaces') }];
}

/** Shows an interface that refuses calls: since when and why, how many calls, and of which callers. */
function OfInterface({ refusing: { interfaceId, name, calls, refused, cause } }: { readonly refusing: RefusingInterface }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const causeOf = useCauseWords();
  const { code, since, app } = cause;
  return (
    <>
      <Link to={`/interfaces/${interfaceId}`}>{text(name)}</Link>{' '}
      {t('callsWhy', { since: format.time(since), ago: format.ago(since), why: causeOf(code).what })} <code>{code}</code>
      {' · '}
      {t('interfaceOf', { calls: format.number(calls), refused: format.number(refused) })}
      {app === undefined ? null : (
        <>
          {' · '}
          <Link to={`/callers/${encodeURIComponent(app)}`}>{t('interfaceApp', { app })}</Link>
        </>
      )}
      {' · '}
      <Link to={refusedCallsAddress(interfaceId, cause)}>{t('these')}</Link>
    </>
  );
}
