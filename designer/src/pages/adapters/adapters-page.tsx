import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import { useNavigate } from 'react-router';
import type { Outputs } from '../../api/outputs.ts';
import { useQueryOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Page, PageHeader } from '../../parts/page-header.tsx';
import { Tag } from '../../parts/status-tag.tsx';
import { TimeText } from '../../parts/time-text.tsx';

const TEXTS = defineTexts({
  title: ['适配器', 'Adapters'],
  help: [
    '医院系统的地址、凭据与限流都在这里，流程里没有。',
    'Where the hospitals’ systems are, their credentials and limits; flows carry none of it.',
  ],
  name: ['名称', 'Name'],
  id: ['编号', 'Id'],
  protocol: ['协议', 'Protocol'],
  environments: ['环境', 'Environments'],
  owner: ['负责方', 'Owner'],
  usedBy: ['使用它的流程', 'Used by flows'],
  lastTest: ['最近测试', 'Last test'],
  testedAt: ['测试时间', 'Tested'],
  good: ['通过', 'Passed'],
  bad: ['失败', 'Failed'],
  badAt: ['失败：{{step}}', 'Failed: {{step}}'],
  untested: ['未测试', 'Not tested'],
  empty: ['还没有适配器', 'No adapters yet'],
  emptyNext: ['用命令行导入配置包即可带来适配器。', 'Import a bundle on the command line to bring some.'],
});

type Adapter = Outputs['adapters.list']['items'][number];

export function AdaptersPage() {
  const t = useTexts(TEXTS);
  const text = useText();
  const go = useNavigate();
  const adapters = useQueryOf('adapters.list', {});
  const protocols = [...new Set((adapters.data?.items ?? []).map(({ protocol }) => protocol))].toSorted();
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} />
      <DataTable<Adapter>
        label={t('title')}
        rows={adapters.data?.items}
        rowKey={({ adapterId }) => adapterId}
        searchText={({ adapterId, name, owner }) => `${adapterId} ${name['zh-CN']} ${name.en} ${owner}`}
        filters={[
          {
            key: 'protocol',
            label: t('protocol'),
            options: protocols.map((value) => ({ value, label: value.toUpperCase() })),
            test: ({ protocol }, value) => protocol === value,
          },
        ]}
        columns={[
          { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
          { key: 'id', title: t('id'), value: ({ adapterId }) => adapterId, render: ({ adapterId }) => <code>{adapterId}</code> },
          {
            key: 'protocol',
            title: t('protocol'),
            value: ({ protocol }) => protocol,
            render: ({ protocol }) => <Tag tone="blue">{protocol.toUpperCase()}</Tag>,
          },
          {
            key: 'environments',
            title: t('environments'),
            value: ({ environments }) => Object.keys(environments).join(' '),
            render: ({ environments }) => Object.keys(environments).join(' · '),
          },
          { key: 'owner', title: t('owner'), value: ({ owner }) => owner, render: ({ owner }) => owner },
          {
            key: 'usedBy',
            title: t('usedBy'),
            align: 'right',
            value: ({ usedBy }) => usedBy.length,
            render: ({ usedBy }) => usedBy.length,
          },
          {
            key: 'lastTest',
            title: t('lastTest'),
            value: ({ lastTest }) => (lastTest === undefined ? t('untested') : lastTest.ok ? t('good') : t('bad')),
            render: ({ lastTest }) => <LastTest test={lastTest} />,
          },
          {
            key: 'testedAt',
            title: t('testedAt'),
            value: ({ lastTest }) => lastTest?.at,
            render: ({ lastTest }) => <TimeText at={lastTest?.at} isAgo />,
          },
        ]}
        isLoading={adapters.isPending}
        error={adapters.error}
        onRefresh={() => void adapters.refetch()}
        onOpen={({ adapterId }) => void go(`/adapters/${adapterId}`)}
        empty={<EmptyState title={t('empty')} next={t('emptyNext')} />}
        exportName="adapters"
      />
    </Page>
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
