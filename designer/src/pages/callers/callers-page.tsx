import type { Output } from '../../api/operation-types.ts';
import { Button, Tabs } from 'antd';
import { CircleCheck, CircleSlash, Plus } from 'lucide-react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { DEFAULT_APP_ID } from '../../../../gateways/documents/caller-documents.ts';
import { useListOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { PlatformKeys } from './platform-keys.tsx';
import { UserTokenIssuers } from './tokens/user-token-issuers.tsx';
import { UserTokenKeys } from './tokens/user-token-keys.tsx';

const TEXTS = defineTexts({
  title: ['调用方', 'Callers'],
  help: [
    '调用本平台的应用：用哪把密钥签名，可调用哪些接口；以及验证市民令牌的公钥；平台自己的密钥。',
    'Apps that call the platform: their signing keys and the interfaces that they may call; the keys that verify the tokens of citizens; and the keys of the platform.',
  ],
  citizens: [
    '市民经用户网关的全部调用，都以这个应用授权和计数：',
    'All calls of citizens through the user gateway are granted to, and counted as, this app:',
  ],
  apps: ['应用', 'Apps'],
  'user-tokens': ['用户令牌公钥', 'User token keys'],
  'platform-keys': ['平台密钥', 'Platform keys'],
  name: ['应用', 'App'],
  id: ['编号', 'Id'],
  caller: ['所属单位', 'Of'],
  state: ['状态', 'State'],
  active: ['启用', 'Active'],
  disabled: ['停用', 'Disabled'],
  keys: ['可用密钥', 'Usable keys'],
  grants: ['授权接口', 'Granted interfaces'],
  expires: ['最近到期', 'Next expiry'],
  empty: ['还没有应用', 'No apps yet'],
  emptyNext: ['为第一个要调用平台的系统建一个应用。', 'Create one for the first system that will call the platform.'],
  create: ['新建应用', 'New app'],
});

const TABS = ['apps', 'user-tokens', 'platform-keys'] as const;

type AppItem = Output<'apps.list'>['items'][number];

/** Shows the page `/callers`: the calling apps, the keys that sign the tokens of citizens, and the platform's own keys. */
export function CallersPage() {
  const t = useTexts(TEXTS);
  const [address, setAddress] = useSearchParams();
  const tab = TABS.find((one) => one === address.get('tab')) ?? 'apps';
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={tab === 'apps' ? <NewApp /> : null} />
      <Tabs
        activeKey={tab}
        onChange={(next) => setAddress(next === 'apps' ? {} : { tab: next }, { replace: true })}
        destroyOnHidden
        items={[
          { key: 'apps', label: t('apps'), children: <Apps /> },
          { key: 'user-tokens', label: t('user-tokens'), children: <UserTokens /> },
          { key: 'platform-keys', label: t('platform-keys'), children: <PlatformKeys /> },
        ]}
      />
    </Page>
  );
}

function UserTokens() {
  const t = useTexts(TEXTS);
  return (
    <>
      <p>
        {t('citizens')} <Link to={`/callers/${DEFAULT_APP_ID}`}>{DEFAULT_APP_ID}</Link>
      </p>
      <UserTokenKeys />
      <UserTokenIssuers />
    </>
  );
}

function NewApp() {
  const t = useTexts(TEXTS);
  const go = useNavigate();
  const may = useMay();
  return may('callers.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => void go('/callers/new')}>
      {t('create')}
    </Button>
  ) : null;
}

function Apps() {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const go = useNavigate();
  const apps = useListOf('apps.list', {});
  const usable = ({ keys }: AppItem) => keys.active + keys.retiring;
  return (
    <DataTable<AppItem>
      label={t('apps')}
      rows={apps.data?.items}
      rowKey={({ appId }) => appId}
      searchText={({ appId, name, caller }) => `${appId} ${name['zh-CN']} ${name.en} ${caller}`}
      columns={[
        { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
        { key: 'id', title: t('id'), value: ({ appId }) => appId, render: ({ appId }) => <code>{appId}</code> },
        { key: 'caller', title: t('caller'), value: ({ caller }) => caller, render: ({ caller }) => caller },
        { key: 'state', title: t('state'), value: ({ state }) => t(state), render: ({ state }) => <AppStateTag state={state} /> },
        { key: 'keys', title: t('keys'), align: 'right', value: usable, render: (app) => format.number(usable(app)) },
        {
          key: 'grants',
          title: t('grants'),
          align: 'right',
          value: ({ grants }) => grants,
          render: ({ grants }) => format.number(grants),
        },
        {
          key: 'expires',
          title: t('expires'),
          value: ({ expiresAt }) => expiresAt,
          render: ({ expiresAt }) => <TimeText at={expiresAt} />,
        },
      ]}
      isLoading={apps.isPending}
      error={apps.error}
      onRefresh={() => void apps.refetch()}
      onOpen={({ appId }) => void go(`/callers/${appId}`)}
      empty={<EmptyState needs="callers.edit" title={t('empty')} next={t('emptyNext')} action={<NewApp />} />}
      exportName="apps"
    />
  );
}

export function AppStateTag({ state }: { readonly state: AppItem['state'] }) {
  const t = useTexts(TEXTS);
  const isActive = state === 'active';
  return (
    <Tag tone={isActive ? 'green' : 'grey'} icon={isActive ? CircleCheck : CircleSlash}>
      {t(state)}
    </Tag>
  );
}
