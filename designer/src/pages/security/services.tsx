/** The section of the page Security with the services that interfaces belong to. */
import type { Output } from '../../api/operation-types.ts';
import { Button, Switch } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { NewService } from './new-service.tsx';

const TEXTS = defineTexts({
  label: ['服务', 'Services'],
  name: ['名称', 'Name'],
  id: ['编号', 'Id'],
  group: ['分组', 'Group'],
  domain: ['服务域', 'Domain'],
  callers: ['可调用的其他服务域', 'Other domains that may call'],
  anyone: ['不限', 'No limit'],
  nobody: ['仅本服务域', 'Only its own'],
  between: ['、', ', '],
  interfaces: ['接口', 'Interfaces'],
  online: ['在线', 'Online'],
  create: ['新建服务', 'New service'],
  takeOffline: ['下线', 'Take offline'],
  takeOnline: ['上线', 'Take online'],
  offlineEffect: [
    '一秒内，服务“{{name}}”的 {{count}} 个接口全部返回 GW40402。',
    'Within a second all {{count}} {{count|interface|interfaces}} of the service "{{name}}" return GW40402.',
  ],
  onlineEffect: [
    '一秒内，服务“{{name}}”的 {{count}} 个接口恢复（单独下线的接口除外）。',
    'Within a second the {{count}} {{count|interface|interfaces}} of the service "{{name}}" are served again, except those that are offline themselves.',
  ],
  removeEffect: [
    '删除服务“{{name}}”。有接口属于它时不能删除。',
    'Deletes the service "{{name}}". This is refused while interfaces belong to it.',
  ],
  empty: ['还没有服务', 'No services yet'],
  emptyNext: [
    '把同一系统的接口归入一个服务，便可一起下线，并限定哪些服务域可以调用。',
    'Put the interfaces of one system into a service: they go offline together, and other domains can be kept out.',
  ],
});

type Service = Output<'services.list'>['items'][number];

export function Services() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const services = useListOf('services.list', {});
  const [isCreating, setCreating] = useState(false);
  const columns = useColumns();
  const create = may('interfaces.edit') ? (
    <Button icon={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <>
      <DataTable<Service>
        label={t('label')}
        rows={services.data?.items}
        rowKey={({ serviceId }) => serviceId}
        searchText={({ serviceId, name, group = '', domain }) => `${serviceId} ${name['zh-CN']} ${name.en} ${group} ${domain}`}
        columns={columns}
        isLoading={services.isPending}
        error={services.error}
        onRefresh={() => void services.refetch()}
        actions={create}
        empty={<EmptyState needs="interfaces.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="services"
      />
      {isCreating ? <NewService onClose={() => setCreating(false)} /> : null}
    </>
  );
}

function useColumns(): readonly Column<Service>[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const callersOf = ({ callerDomains }: Service) =>
    callerDomains === undefined ? t('anyone') : callerDomains.length === 0 ? t('nobody') : callerDomains.join(t('between'));
  return [
    { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
    { key: 'id', title: t('id'), value: ({ serviceId }) => serviceId, render: ({ serviceId }) => <code>{serviceId}</code> },
    { key: 'group', title: t('group'), value: ({ group }) => group, render: ({ group }) => group },
    { key: 'domain', title: t('domain'), value: ({ domain }) => domain, render: ({ domain }) => domain },
    { key: 'callers', title: t('callers'), value: callersOf, render: callersOf },
    {
      key: 'interfaces',
      title: t('interfaces'),
      align: 'right',
      value: ({ interfaces }) => interfaces,
      render: ({ interfaces }) => format.number(interfaces),
    },
    { key: 'online', title: t('online'), value: ({ state }) => state, render: (service) => <StateSwitch service={service} /> },
    { key: 'remove', title: '', width: 48, render: (service) => <Remove service={service} /> },
  ];
}

function StateSwitch({ service: { serviceId, name, state, interfaces } }: { readonly service: Service }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const set = useMutationOf('services.set-state');
  const isOnline = state === 'online';
  const verb = t(isOnline ? 'takeOffline' : 'takeOnline');
  const ask = () =>
    confirm({
      title: `${verb} · ${text(name)}`,
      effect: t(isOnline ? 'offlineEffect' : 'onlineEffect', { name: text(name), count: interfaces }),
      verb,
      isDangerous: isOnline,
      needsReason: true,
      run: ($reason) => set.mutateAsync({ serviceId, state: isOnline ? 'offline' : 'online', $reason }),
    });
  return (
    <Switch
      size="small"
      checked={isOnline}
      disabled={!may('interfaces.publish')}
      aria-label={`${t('online')}: ${text(name)}`}
      onChange={() => void ask()}
    />
  );
}

function Remove({ service: { serviceId, name } }: { readonly service: Service }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const remove = useMutationOf('services.remove');
  if (!may('interfaces.publish')) return null;
  const effect = t('removeEffect', { name: text(name) });
  return <RemoveButton isSmall name={text(name)} effect={effect} run={($reason) => remove.mutateAsync({ serviceId, $reason })} />;
}
