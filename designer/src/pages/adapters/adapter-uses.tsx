import { useListOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { Held } from '../../kit/traffic/call-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { UseList } from '../../kit/feedback/remove-button.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  flows: ['使用它的流程', 'Used by flows'],
  interfaces: ['受影响的接口', 'Interfaces that depend on it'],
  callers: ['受影响的调用方', 'Callers that depend on it'],
  unused: ['没有流程使用', 'No flow uses it'],
  published: ['线上', 'Live'],
  draft: ['草稿', 'Draft'],
});

const REFRESH_MS = 5000;

/** Shows which flows use the adapter and in which nodes, the interfaces that call those flows, and their callers. */
export function AdapterUses({ adapterId }: { readonly adapterId: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const uses = useQueryOf('flows.uses', { adapterId });
  const all = uses.data?.flows ?? [];
  const flows = all.map(({ flowId, name, inPublished, nodes }) => ({
    label: text(name) || flowId,
    to: `/flows/${flowId}`,
    mark: (
      <>
        <Tag tone={inPublished ? 'green' : 'grey'}>{inPublished ? t('published') : t('draft')}</Tag>
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

/** Returns the held messages at nodes that use the adapter. */
export function useHeldAt(adapterId: string): Held | undefined {
  const { data } = useQueryOf('held.groups', {}, { refetchIntervalMs: REFRESH_MS, enabled: useMay()('executions.read') });
  if (data === undefined) return undefined;
  const own = data.groups.filter(({ adapter }) => adapter?.adapterId === adapterId);
  const count = own.reduce((sum, group) => sum + group.count, 0);
  return { count, to: `/messages?adapter=${encodeURIComponent(adapterId)}&status=held` };
}
