import { Alert } from 'antd';
import type { Output } from '../../api/operation-types.ts';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { Held } from '../../kit/traffic/call-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { UseList, type Use } from '../../kit/feedback/remove-button.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  flows: ['使用它的流程', 'Used by flows'],
  interfaces: ['受影响的接口', 'Interfaces that depend on it'],
  callers: ['受影响的调用方', 'Callers that depend on it'],
  unused: ['没有流程使用', 'No flow uses it'],
  published: ['线上 v{{version}}', 'Live v{{version}}'],
  only: ['草稿', 'Draft'],
  both: ['线上 v{{version}} 与草稿', 'Live v{{version}} and draft'],
  sources: ['实例来自此注册中心的接口', 'Interfaces whose instances it provides'],
  broker: ['消息中间件', 'Message broker'],
  brokerHelp: ['在此页查看其队列、主题与订阅：', 'Its queues, topics and subscriptions are on this page:'],
  inUse: [
    '{{count}} 个线上流程正在使用此适配器。保存后，它们的下一次调用即用新的设置。',
    '{{count}} live {{count|flow uses|flows use}} this adapter. Once you save, their next call uses the new settings.',
  ],
});

const REFRESH_MS = 5000;

interface AdapterUsesProps {
  readonly adapterId: string;
  readonly protocol: string;
}

/**
 * Shows which flows use the adapter and in which nodes, the interfaces that call those flows, and their callers. For a
 * registry centre, also the interfaces that take instances from it; for a broker, its page.
 */
export function AdapterUses({ adapterId, protocol }: AdapterUsesProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const uses = useQueryOf('flows.uses', { adapterId });
  const may = useMay();
  const toInterfaceUse = useInterfaceUse();
  const brokers = useListOf('brokers.list', {}, { enabled: protocol === 'messaging' && may('brokers.read') });
  const isAdministered = brokers.data?.items.some((broker) => broker.adapterId === adapterId && broker.without === undefined) === true;
  const all = uses.data?.flows ?? [];
  const sources = (uses.data?.interfaces ?? []).map(toInterfaceUse);
  const flows = all.map(({ flowId, name, inDraft, inPublished, publishedVersion: version = '', nodes }) => ({
    label: text(name) || flowId,
    to: `/flows/${flowId}`,
    mark: (
      <>
        <Tag tone={inPublished ? 'green' : 'grey'}>{t(!inPublished ? 'only' : inDraft ? 'both' : 'published', { version })}</Tag>
        <span className={styles.quiet}>{nodes.map(({ label }) => label).join(' · ')}</span>
      </>
    ),
  }));
  return (
    <>
      <Panel title={t('flows')}>
        {uses.error === null ? null : <ErrorBox error={uses.error} />}
        {uses.data !== undefined && flows.length === 0 ? <span className={styles.quiet}>{t('unused')}</span> : <UseList uses={flows} />}
      </Panel>
      {sources.length === 0 ? null : (
        <Panel title={t('sources')}>
          <UseList uses={sources} />
        </Panel>
      )}
      {isAdministered ? (
        <Panel title={t('broker')} help={t('brokerHelp')}>
          <UseList uses={[{ label: adapterId, to: `/brokers/${adapterId}` }]} />
        </Panel>
      ) : null}
      <Dependents flowIds={all.filter(({ inPublished }) => inPublished).map(({ flowId }) => flowId)} />
    </>
  );
}

/** Shows which interfaces and callers are affected if the system does not respond. */
function Dependents({ flowIds }: { readonly flowIds: readonly string[] }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const mayCallers = may('callers.read');
  const interfaces = useListOf('interfaces.list', {}, { enabled: may('interfaces.read') });
  const grants = useListOf('grants.list', {}, { enabled: mayCallers });
  const apps = useListOf('apps.list', {}, { enabled: mayCallers });
  const led = (interfaces.data?.items ?? []).filter(({ target }) => target.kind === 'flow' && flowIds.includes(target.flowId));
  const ids = new Set(led.map(({ interfaceId }) => interfaceId));
  const appIds = new Set((grants.data?.items ?? []).filter(({ interfaceId }) => ids.has(interfaceId)).map(({ appId }) => appId));
  const nameOf = (id: string) => text(apps.data?.items.find(({ appId }) => appId === id)?.name) || id;
  const panels = [
    {
      title: t('interfaces'),
      uses: led.map(({ interfaceId, name }) => ({ label: text(name) || interfaceId, to: `/interfaces/${interfaceId}` })),
    },
    { title: t('callers'), uses: [...appIds].map((appId) => ({ label: nameOf(appId), to: `/callers/${encodeURIComponent(appId)}` })) },
  ];
  return panels.map(({ title, uses }) =>
    uses.length === 0 ? null : (
      <Panel key={title} title={title}>
        <UseList uses={uses} />
      </Panel>
    ),
  );
}

/** Says that live flows will use the changes; nothing if no live flow uses the adapter. */
export function InUseNotice({ adapterId }: { readonly adapterId: string }) {
  const t = useTexts(TEXTS);
  const uses = useQueryOf('flows.uses', { adapterId });
  const count = (uses.data?.flows ?? []).filter(({ inPublished }) => inPublished).length;
  return count === 0 ? null : <Alert type="info" showIcon title={t('inUse', { count })} />;
}

/** Returns what the adapter cannot be deleted for: flows, and interfaces that take their instances from it. */
export function useAdapterUses(adapterId: string): { readonly uses: readonly Use[]; readonly isAsking: boolean } {
  const text = useText();
  const { data, isPending } = useQueryOf('flows.uses', { adapterId });
  const toInterfaceUse = useInterfaceUse();
  const flows = (data?.flows ?? []).map((use) => ({ label: text(use.name) || use.flowId, to: `/flows/${use.flowId}` }));
  return { uses: [...flows, ...(data?.interfaces ?? []).map(toInterfaceUse)], isAsking: isPending };
}

function useInterfaceUse() {
  const text = useText();
  return ({ interfaceId, name }: Output<'flows.uses'>['interfaces'][number]): Use => ({
    label: text(name) || interfaceId,
    to: `/interfaces/${interfaceId}`,
  });
}

/** Returns the held messages at nodes that use the adapter. */
export function useHeldAt(adapterId: string): Held | undefined {
  const { data } = useQueryOf('held.groups', {}, { refetchIntervalMs: REFRESH_MS, enabled: useMay()('executions.read') });
  if (data === undefined) return undefined;
  const own = data.groups.filter(({ adapter }) => adapter?.adapterId === adapterId);
  const count = own.reduce((sum, group) => sum + group.count, 0);
  return { count, to: `/messages?adapter=${encodeURIComponent(adapterId)}&status=held` };
}
