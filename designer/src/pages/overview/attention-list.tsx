import { CircleCheck, CircleX, ClipboardCheck, Hand, HeartPulse, KeyRound, PencilLine, ServerOff, Unplug } from 'lucide-react';
import { Link } from 'react-router';
import type { Attention, FailingFlow } from '../../api/operations.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { useFormat } from '../../i18n/format.ts';
import { sentences } from '../../i18n/sentences.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useErrorText } from '../../kit/feedback/use-error-text.ts';
import { Panel } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { ProcessName } from '../system/process-name.tsx';
import { useRoleName } from '../system/process-table.tsx';
import { useAdapters, useRefusingInterfaces } from './attention-calls.tsx';
import { useConditions, useFailingInterfaces, useWaves } from './attention-gateways.tsx';
import { inArea, type Item } from './attention-item.ts';
import { useHeldLines } from './held-lines.tsx';
import styles from './overview-page.module.css';

const TEXTS = defineTexts({
  title: ['需要处理', 'Needs attention'],
  calm: ['目前没有需要人处理的事', 'Nothing needs attention now'],
  held: ['挂起', 'Held'],
  heldWhat: ['{{count}} 条消息待人工处理', '{{count}} {{count|message waits|messages wait}} for a decision'],
  oldest: ['最早的一条：', 'The oldest: '],
  requests: ['申请', 'Request'],
  requestsWhat: ['{{count}} 项申请等您决定', '{{count}} {{count|request waits|requests wait}} for your decision'],
  failed: ['失败', 'Failed'],
  failedOf: ['{{of}} 条中失败 {{failed}} 条（{{percent}}%）', '{{failed}} of {{of}} failed ({{percent}}%)'],
  failedWhat: ['最近一小时失败 {{count}} 条', '{{count}} failed in the last hour'],
  silent: ['来源中断', 'Silent'],
  silentWhat: ['{{count}} 个数据来源久未来消息', '{{count}} {{count|feed has|feeds have}} been silent for an unusually long time'],
  silentGap: ['最后一条在 {{ago}}，平时间隔不超过 {{gap}}', 'the last one arrived {{ago}}, usually within {{gap}}'],
  listeners: ['监听失败', 'Not listening'],
  listenersWhat: ['{{count}} 条流程无法接收消息', '{{count}} {{count|flow|flows}} cannot receive messages'],
  processes: ['进程失联', 'Process missing'],
  processesWhat: ['{{count}} 个进程失去联系', '{{count}} {{count|process has|processes have}} stopped reporting'],
  processSeen: ['最近报告在 {{ago}}', 'last seen {{ago}}'],
  expiring: ['即将到期', 'Expiring'],
  expiringWhat: ['{{count}} 项即将到期或刚到期', '{{count}} expire soon or have just expired'],
  'app-key': ['调用方密钥', 'Key of a caller'],
  grant: ['授权', 'Grant'],
  'bus-consumer': ['总线网关的令牌或证书', 'Token or certificate of the bus'],
  'tls-certificate': ['监听证书', 'Certificate of the listeners'],
  'platform-key': ['平台密钥', 'Key of the platform'],
  ends: ['{{day}} 到期', 'expires {{day}}'],
  unpublished: ['未发布', 'Not published'],
  unpublishedWhat: ['{{count}} 条流程有未发布的修改', '{{count}} {{count|flow has|flows have}} changes that are not published'],
  more: ['另有 {{count}} 项', 'and {{count}} more'],
  see: ['查看', 'Open'],
});

const SHOWN = 5;

/** Lists what needs attention, the most urgent items first. Each item links to the page that deals with it. */
export function AttentionList({ attention }: { readonly attention: Attention }) {
  const t = useTexts(TEXTS);
  const items = [
    ...useFailingInterfaces(attention),
    ...useConditions(attention),
    ...useAdapters(attention),
    ...useRequests(attention),
    ...useMessages(attention),
    ...useProcesses(attention),
    ...useListeners(attention),
    ...useRefusingInterfaces(attention),
    ...useWaves(attention),
    ...useSilentFeeds(attention),
    ...useExpiring(attention),
    ...useUnpublished(attention),
  ];
  return (
    <Panel title={t('title')}>
      {items.length === 0 ? (
        <div className={styles.calm}>
          <CircleCheck size={18} aria-hidden />
          {t('calm')}
        </div>
      ) : (
        <ul className={styles.attention}>
          {items.map((item) => (
            <Row key={item.key} item={item} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Row({ item: { key, tone, icon, word, what, lines, to } }: { readonly item: Item }) {
  const t = useTexts(TEXTS);
  return (
    <li data-attention={key}>
      <span>
        <Tag tone={tone} icon={icon}>
          {word}
        </Tag>
      </span>
      <div>
        <div className={styles.what}>{what}</div>
        {lines.length === 0 ? null : (
          <ul>
            {lines.slice(0, SHOWN).map((line, index) => (
              <li key={index}>{line}</li>
            ))}
            {lines.length > SHOWN ? <li>{t('more', { count: lines.length - SHOWN })}</li> : null}
          </ul>
        )}
      </div>
      {to === undefined ? null : (
        <Link to={to} aria-label={`${t('see')}: ${what}`}>
          {t('see')}
        </Link>
      )}
    </li>
  );
}

function useRequests({ requests }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  const format = useFormat();
  if (requests === undefined) return [];
  const what = t('requestsWhat', { count: requests.count });
  const lines = [`${t('oldest')}${format.ago(requests.oldestAt)}`];
  return [{ key: 'requests', tone: 'amber', icon: ClipboardCheck, word: t('requests'), what, lines, to: '/requests' }];
}

function useMessages({ held, failedLastHour = 0, failingFlows = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  const groups = useHeldLines(held?.groups ?? []);
  const items: Item[] = [];
  if (held !== undefined && held.count > 0)
    items.push({
      key: 'held',
      tone: 'violet',
      icon: Hand,
      word: t('held'),
      what: t('heldWhat', { count: held.count }),
      lines: groups.length > 0 ? groups : held.oldestAt === undefined ? [] : [<Oldest key="oldest" at={held.oldestAt} />],
      to: inArea('held'),
    });
  if (failedLastHour > 0)
    items.push({
      key: 'failed',
      tone: 'red',
      icon: CircleX,
      word: t('failed'),
      what: t('failedWhat', { count: failedLastHour }),
      lines: failingFlows.map((flow) => <OfFailing key={flow.flowId} flow={flow} />),
      to: inArea('messages', '?status=failed'),
    });
  return items;
}

/**
 * Shows a failing flow with the percentage of failed messages. The number alone would mislead: 8 failures of 10
 * messages are worse than 8 of 1,000.
 */
function OfFailing({ flow: { flowId, name, failed, of } }: { readonly flow: FailingFlow }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  return (
    <>
      <Link to={`/messages?flow=${encodeURIComponent(flowId)}&status=failed`}>{text(name)}</Link>{' '}
      {t('failedOf', { failed: format.number(failed), of: format.number(of), percent: Math.round((failed / of) * 100) })}
    </>
  );
}

function Oldest({ at }: { readonly at: number }) {
  const t = useTexts(TEXTS);
  return (
    <>
      {t('oldest')}
      <TimeText at={at} isAgo />
    </>
  );
}

function useProcesses({ silentProcesses = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const roleOf = useRoleName();
  if (silentProcesses.length === 0) return [];
  const lines = silentProcesses.map(({ processId, role, host, pid, lastSeenAt }) => (
    <span key={processId}>
      {roleOf(role)} <ProcessName host={host} pid={pid} /> — {t('processSeen', { ago: format.ago(lastSeenAt) })}
    </span>
  ));
  const what = t('processesWhat', { count: silentProcesses.length });
  return [{ key: 'processes', tone: 'red', icon: ServerOff, word: t('processes'), what, lines, to: inArea('system') }];
}

function useListeners({ listeners = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  const toldOf = useErrorText(...listeners.map(({ error }) => error));
  if (listeners.length === 0) return [];
  const lines = listeners.map(({ flowId, name, error }) => {
    const { what, fix, original } = toldOf(error);
    return <OfFlow key={flowId} flowId={flowId} name={name} words={sentences(what, fix, original)} />;
  });
  const what = t('listenersWhat', { count: listeners.length });
  return [{ key: 'listeners', tone: 'red', icon: Unplug, word: t('listeners'), what, lines, to: inArea('system') }];
}

function useSilentFeeds({ silentFeeds = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  const format = useFormat();
  if (silentFeeds.length === 0) return [];
  const lines = silentFeeds.map(({ flowId, name, lastAt, usualGapMs }) => {
    const words = t('silentGap', { ago: format.ago(lastAt), gap: format.duration(usualGapMs) });
    return <OfFlow key={flowId} flowId={flowId} name={name} words={words} />;
  });
  const what = t('silentWhat', { count: silentFeeds.length });
  return [{ key: 'silent', tone: 'amber', icon: HeartPulse, word: t('silent'), what, lines, to: inArea('messages') }];
}

function useExpiring({ expiring = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  const format = useFormat();
  if (expiring.length === 0) return [];
  const lines = expiring.map(({ what, id, appId, expiresAt }) => (
    <span key={`${what} ${id}`}>
      {t(what)} {appId === undefined ? null : <code>{appId}</code>} <code>{id}</code> {t('ends', { day: format.day(expiresAt) })}
    </span>
  ));
  const isOwnAlone = expiring.every(({ what }) => what === 'tls-certificate' || what === 'platform-key');
  const what = t('expiringWhat', { count: expiring.length });
  const to = inArea(isOwnAlone ? 'system' : 'callers');
  return [{ key: 'expiring', tone: 'amber', icon: KeyRound, word: t('expiring'), what, lines, to }];
}

function useUnpublished({ unpublishedChanges = [] }: Attention): readonly Item[] {
  const t = useTexts(TEXTS);
  if (unpublishedChanges.length === 0) return [];
  const lines = unpublishedChanges.map(({ flowId, name }) => <OfFlow key={flowId} flowId={flowId} name={name} words="" />);
  const what = t('unpublishedWhat', { count: unpublishedChanges.length });
  const to = inArea('flows', '?state=edited');
  return [{ key: 'unpublished', tone: 'grey', icon: PencilLine, word: t('unpublished'), what, lines, to }];
}

function OfFlow({ flowId, name, words }: { readonly flowId: string; readonly name: Text; readonly words: string }) {
  const text = useText();
  return (
    <>
      <Link to={`/flows/${flowId}`}>{text(name)}</Link> {words}
    </>
  );
}
