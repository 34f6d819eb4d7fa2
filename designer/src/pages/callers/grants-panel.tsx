import type { Output } from '../../api/operation-types.ts';
import { Table } from 'antd';
import { Link } from 'react-router';
import { useListOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Panel } from '../../kit/page/page-header.tsx';
import { AddGrant, AskedGrants } from './add-grant.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { RemoveGrant } from './remove-grant.tsx';

const TEXTS = defineTexts({
  title: ['授权的接口', 'Granted interfaces'],
  interface: ['接口', 'Interface'],
  address: ['方法与路径', 'Method and path'],
  expires: ['到期', 'Expires'],
  empty: ['还没有授权，此应用什么都不能调用', 'No grants yet: this app cannot call any interface'],
  emptyNext: ['在上方选择一个接口授权给它。', 'Choose an interface above and grant it.'],
  askNext: ['在上方选择一个接口，申请授权给它。', 'Choose an interface above and request its grant.'],
  noInterfaces: [
    '还没有接口：由集成分析师发布流程后建立，再回到这里授权。',
    'There are no interfaces yet: the integration analyst publishes a flow and creates one; then grant it here.',
  ],
});

type Grant = Output<'grants.list'>['items'][number];

/** Shows the interfaces that the app may call. */
export function GrantsPanel({ appId, appName }: { readonly appId: string; readonly appName: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const grants = useListOf('grants.list', { appId });
  const interfaces = useListOf('interfaces.list', {}, { enabled: may('interfaces.read') });
  const find = (id: string) => interfaces.data?.items.find(({ interfaceId }) => interfaceId === id);
  const nameOf = (id: string) => text(find(id)?.name) || id;
  const granted = new Set((grants.data?.items ?? []).map(({ interfaceId }) => interfaceId));
  const open = (interfaces.data?.items ?? []).filter(({ interfaceId }) => !granted.has(interfaceId));
  const options = open.map(({ interfaceId, name, method, path }) => ({ value: interfaceId, label: `${text(name)} · ${method} ${path}` }));
  const mayEdit = may('grants.edit') || may('interfaces.edit');
  const isBare = interfaces.data?.items.length === 0;
  const next = isBare ? t('noInterfaces') : may('grants.edit') ? t('emptyNext') : mayEdit ? t('askNext') : undefined;
  return (
    <Panel
      title={t('title')}
      extra={mayEdit && options.length > 0 ? <AddGrant chooses="interface" given={appId} options={options} /> : null}
    >
      <AskedGrants given={appId} />
      {grants.error === null ? null : <ErrorBox error={grants.error} onRetry={() => void grants.refetch()} />}
      <Table<Grant>
        size="small"
        rowKey={({ grantId }) => grantId}
        dataSource={[...(grants.data?.items ?? [])]}
        loading={grants.isPending}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        locale={{ emptyText: <EmptyState title={t('empty')} next={next} /> }}
        columns={[
          {
            title: t('interface'),
            render: (_value, { interfaceId }) => <Link to={`/interfaces/${interfaceId}`}>{nameOf(interfaceId)}</Link>,
          },
          {
            title: t('address'),
            render: (_value, { interfaceId }) => {
              const found = find(interfaceId);
              return found === undefined ? null : (
                <code>
                  {found.method} {found.path}
                </code>
              );
            },
          },
          { title: t('expires'), render: (_value, { expiresAt }) => <ExpiryText at={expiresAt} /> },
          {
            width: 48,
            render: (_value, { grantId, interfaceId }) =>
              may('grants.edit') ? <RemoveGrant grantId={grantId} app={appName} name={nameOf(interfaceId)} /> : null,
          },
        ]}
      />
    </Panel>
  );
}
