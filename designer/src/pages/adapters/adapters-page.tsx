import type { Output } from '../../api/operation-types.ts';
import { Button } from 'antd';
import { CircleAlert, CircleCheck, CircleDashed, CircleX, Plus } from 'lucide-react';
import { useNavigate } from 'react-router';
import { useListOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CallStateTag, urgencyOf } from '../../kit/traffic/call-state.tsx';
import { useCallColumns, useCallFilter } from '../../kit/traffic/use-call-columns.tsx';
import { DataTable, type Column, type Filter } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { NodeIcon } from '../../kit/icon/node-icon.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { ADAPTER_TEXTS } from './adapter-texts.ts';
import styles from './adapters.module.css';

const TEXTS = defineTexts({
  help: [
    '医院系统的地址、凭据与限流都在这里，流程里没有。',
    'The addresses, credentials and limits of the hospitals’ systems; flows contain none of these.',
  ],
  name: ['名称', 'Name'],
  protocol: ['协议', 'Protocol'],
  state: ['本环境', 'This environment'],
  ready: ['已设置', 'Configured'],
  absent: ['未设置', 'Not configured'],
  usedBy: ['流程', 'Flows'],
  lastTest: ['最近测试', 'Last test'],
  waiting: ['等待', 'Waiting'],
  good: ['通过', 'Passed'],
  bad: ['失败', 'Failed'],
  badAt: ['失败：{{step}}', 'Failed: {{step}}'],
  untested: ['未测试', 'Not tested'],
  empty: ['还没有适配器', 'No adapters yet'],
  emptyNext: ['为第一个要连接的医院系统建一个。', 'Create one for the first hospital system that you want to connect.'],
});

const REFRESH_MS = 5000;

type Adapter = Output<'adapters.list'>['items'][number];

export function AdaptersPage() {
  const t = useTexts(TEXTS);
  const words = useTexts(ADAPTER_TEXTS);
  const may = useMay();
  const go = useNavigate();
  const columns = useColumns();
  const adapters = useListOf('adapters.list', {}, { refetchIntervalMs: REFRESH_MS });
  const filters = useFilters(adapters.data?.items ?? []);
  const create = may('adapters.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => void go('/adapters/new')}>
      {words('create')}
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader title={words('adapters')} help={t('help')} actions={create} />
      <DataTable<Adapter>
        label={words('adapters')}
        rows={adapters.data?.items.toSorted((a, b) => urgencyOf(a.calls) - urgencyOf(b.calls))}
        rowKey={({ adapterId }) => adapterId}
        searchText={({ adapterId, name, owner }) => `${adapterId} ${name['zh-CN']} ${name.en} ${owner}`}
        filters={filters}
        columns={columns}
        isLoading={adapters.isPending}
        error={adapters.error}
        onRefresh={() => void adapters.refetch()}
        onOpen={({ adapterId }) => void go(`/adapters/${adapterId}`)}
        empty={<EmptyState needs="adapters.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="adapters"
      />
    </Page>
  );
}

/** Returns a function that returns the adapter type of a protocol. */
function useTypeOf() {
  const types = useQueryOf('adapters.types', {});
  return (protocol: string) => types.data?.items.find((type) => type.protocol === protocol);
}

function useFilters(adapters: readonly Adapter[]): readonly Filter<Adapter>[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const typeOf = useTypeOf();
  const callFilter = useCallFilter<Adapter>();
  const protocols = [...new Set(adapters.map(({ protocol }) => protocol))].toSorted();
  return [
    callFilter,
    {
      key: 'protocol',
      label: t('protocol'),
      options: protocols.map((value) => ({ value, label: text(typeOf(value)?.text.label) || value.toUpperCase() })),
      test: ({ protocol }, value) => protocol === value,
    },
  ];
}

function useColumns(): readonly Column<Adapter>[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const may = useMay();
  const typeOf = useTypeOf();
  const system = useQueryOf('system.get', {}, { enabled: may('system.read') });
  const callColumns = useCallColumns<Adapter>(({ calls }) => <CallStateTag calls={calls} />);
  const isReady = ({ environments }: Adapter) => environments[system.data?.environment ?? ''] !== undefined;
  return [
    {
      key: 'name',
      title: t('name'),
      value: ({ name, adapterId }) => `${text(name)} (${adapterId})`,
      render: ({ name, adapterId, protocol }) => (
        <span className={styles.named}>
          <NodeIcon name={typeOf(protocol)?.icon ?? 'plug'} size={16} />
          <span>
            {text(name)}
            <code className={styles.id}>{adapterId}</code>
          </span>
        </span>
      ),
    },
    ...callColumns,
    {
      key: 'waiting',
      title: t('waiting'),
      align: 'right',
      value: ({ calls }) => calls?.waiting,
      render: ({ calls }) => (calls?.waiting === undefined ? '—' : format.number(calls.waiting)),
    },
    {
      key: 'state',
      title: t('state'),
      value: (adapter) => t(isReady(adapter) ? 'ready' : 'absent'),
      render: (adapter) => <ReadyTag isReady={isReady(adapter)} />,
    },
    { key: 'usedBy', title: t('usedBy'), align: 'right', value: ({ usedBy }) => usedBy.length, render: ({ usedBy }) => usedBy.length },
    {
      key: 'lastTest',
      title: t('lastTest'),
      value: ({ lastTest }) => (lastTest === undefined ? t('untested') : lastTest.ok ? t('good') : t('bad')),
      render: ({ lastTest }) => <LastTest test={lastTest} />,
    },
  ];
}

function ReadyTag({ isReady }: { readonly isReady: boolean }) {
  const t = useTexts(TEXTS);
  return (
    <Tag tone={isReady ? 'green' : 'amber'} icon={isReady ? CircleCheck : CircleAlert}>
      {t(isReady ? 'ready' : 'absent')}
    </Tag>
  );
}

function LastTest({ test }: { readonly test: Adapter['lastTest'] }) {
  const t = useTexts(TEXTS);
  const text = useText();
  if (test === undefined)
    return (
      <Tag tone="grey" icon={CircleDashed}>
        {t('untested')}
      </Tag>
    );
  if (test.ok)
    return (
      <Tag tone="green" icon={CircleCheck}>
        {t('good')}
      </Tag>
    );
  return (
    <Tag tone="red" icon={CircleX}>
      {test.failedStep === undefined ? t('bad') : t('badAt', { step: text(test.failedStep) })}
    </Tag>
  );
}
