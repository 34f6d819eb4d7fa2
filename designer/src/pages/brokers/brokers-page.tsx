/** The page `/brokers`: the message brokers that the adapters of the person's domains reach, and what each may see there. */
import { Button } from 'antd';
import { CircleCheck, CircleDashed, CircleX, Plus } from 'lucide-react';
import { useNavigate } from 'react-router';
import { useListOf } from '../../api/queries.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { useMay } from '../../session/session-context.ts';
import { BROKER_TEXTS, PRODUCTS, type BrokerItem } from './broker-texts.ts';
import styles from './brokers.module.css';

const TEXTS = defineTexts({
  help: [
    '消息中间件由“适配器”登记。每个适配器只能看到并管理自己的虚拟主机和名称前缀。',
    'Brokers are registered as adapters. Each adapter sees and manages only its own virtual host and name prefix.',
  ],
  create: ['登记消息中间件', 'Register a broker'],
  name: ['名称', 'Name'],
  product: ['产品', 'Product'],
  domain: ['服务域', 'Domain'],
  state: ['状态', 'State'],
  ready: ['可管理', 'Can be managed'],
  not: ['不能管理', 'Not managed'],
  failing: ['连接失败', 'Failing'],
  since: ['自 ', 'since '],
  empty: ['还没有消息中间件', 'No brokers yet'],
  emptyNext: [
    '新建一个“消息中间件”适配器，填写服务器、登录和管理接口。',
    'Create an adapter "Message broker" with servers, login and management API.',
  ],
});

const REFRESH_MS = 10_000;

export function BrokersPage() {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const text = useText();
  const go = useNavigate();
  const may = useMay();
  const brokers = useListOf('brokers.list', {}, { refetchIntervalMs: REFRESH_MS });
  const create = may('adapters.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => void go('/adapters/new')}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader title={words('brokers')} help={t('help')} actions={create} />
      <DataTable<BrokerItem>
        label={words('brokers')}
        rows={brokers.data?.items}
        rowKey={({ adapterId }) => adapterId}
        searchText={(broker) =>
          `${broker.adapterId} ${text(broker.name)} ${broker.domain} ${broker.virtualHost ?? ''} ${broker.namePrefix ?? ''}`
        }
        columns={useColumns()}
        isLoading={brokers.isPending}
        error={brokers.error}
        onRefresh={() => void brokers.refetch()}
        onOpen={({ adapterId }) => void go(`/brokers/${adapterId}`)}
        empty={<EmptyState needs="adapters.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="brokers"
      />
    </Page>
  );
}

function useColumns(): readonly Column<BrokerItem>[] {
  const t = useTexts(TEXTS);
  const words = useTexts(BROKER_TEXTS);
  const text = useText();
  return [
    {
      key: 'name',
      title: t('name'),
      value: ({ name, adapterId }) => text(name) || adapterId,
      render: ({ name, adapterId }) => (
        <>
          {text(name) || adapterId}
          <div className={styles.quiet}>{adapterId}</div>
        </>
      ),
    },
    { key: 'product', title: t('product'), value: productOf, render: productOf },
    {
      key: 'servers',
      title: words('servers'),
      value: ({ servers = [] }) => servers.join(' '),
      render: ({ servers = [] }) =>
        servers.map((server) => (
          <div key={server}>
            <code>{server}</code>
          </div>
        )),
    },
    {
      key: 'virtualHost',
      title: words('virtualHost'),
      value: ({ virtualHost = '' }) => virtualHost,
      render: ({ virtualHost }) => (virtualHost === undefined ? words('none') : <code>{virtualHost}</code>),
    },
    {
      key: 'prefix',
      title: words('prefix'),
      value: ({ namePrefix = '' }) => namePrefix,
      render: ({ namePrefix }) => (namePrefix === undefined ? words('whole') : <code>{namePrefix}</code>),
    },
    { key: 'domain', title: t('domain'), value: ({ domain }) => domain, render: ({ domain }) => domain },
    {
      key: 'state',
      title: t('state'),
      value: ({ without, failure }) => t(failure !== undefined ? 'failing' : without === undefined ? 'ready' : 'not'),
      render: (broker) => <State {...broker} />,
    },
  ];
}

function productOf({ broker = '' }: BrokerItem): string {
  return PRODUCTS[broker] ?? broker;
}

function State({ without, failure }: BrokerItem) {
  const t = useTexts(TEXTS);
  if (failure !== undefined)
    return (
      <>
        <Tag tone="red" icon={CircleX}>
          {t('failing')}
        </Tag>
        <div className={styles.quiet}>
          {t('since')}
          <TimeText at={failure.since} />
        </div>
      </>
    );
  const isReady = without === undefined;
  return (
    <Tag tone={isReady ? 'green' : 'grey'} icon={isReady ? CircleCheck : CircleDashed}>
      {t(isReady ? 'ready' : 'not')}
    </Tag>
  );
}
