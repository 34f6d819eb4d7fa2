import type { Output } from '../../api/operation-types.ts';
import { Button } from 'antd';
import { Check, Plus } from 'lucide-react';
import { useState } from 'react';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { OutboundDialog } from './outbound-dialog.tsx';
import styles from './system-page.module.css';

const TEXTS = defineTexts({
  title: ['适配器可连接的地址', 'Where adapters may connect'],
  help: [
    '公网与内网地址默认可连接；本机、链路、云元数据、组播地址和平台自身的端口默认拒绝，此处列出例外，由安全管理员维护。',
    'Public and private addresses are allowed. This machine, link-local addresses, cloud metadata, multicast and the ports of Kangqiao are refused; the security administrator allows exceptions here.',
  ],
  create: ['新增例外', 'New exception'],
  target: ['地址', 'Address'],
  onlyFor: ['仅限：{{classes}}', 'only {{classes}}'],
  loopback: ['本机', 'this machine'],
  'link-local': ['链路地址', 'link-local addresses'],
  metadata: ['云元数据', 'cloud metadata'],
  multicast: ['组播', 'multicast'],
  unspecified: ['未指定地址', 'the unspecified address'],
  translated: ['转换地址', 'translated addresses'],
  'own-port': ['平台端口', 'ports of Kangqiao'],
  state: ['状态', 'State'],
  confirmed: ['已允许', 'Allowed'],
  unconfirmed: ['升级时发现，待确认', 'Found during the upgrade, to be confirmed'],
  settings: ['由 KQ_OUTBOUND_ALLOWED 允许', 'From KQ_OUTBOUND_ALLOWED'],
  reason: ['理由', 'Reason'],
  by: ['登记人', 'By'],
  at: ['时间', 'When'],
  confirm: ['确认', 'Confirm'],
  removeEffect: ['撤销后，到 {{target}} 的新连接随即被拒绝。', 'New connections to {{target}} are refused immediately.'],
  empty: ['没有例外', 'No exceptions'],
});

type Item = Output<'outbound.list'>['items'][number];
type Row = Pick<Item, 'target'> & Partial<Item>;

export function OutboundTable() {
  const t = useTexts(TEXTS);
  const mayEdit = useMay()('outbound.edit');
  const listed = useListOf('outbound.list', {});
  const [edited, setEdited] = useState<string | 'new'>();
  const rows = listed.data && [...listed.data.items, ...listed.data.ofSettings.map((target): Row => ({ target }))];
  const create = mayEdit ? (
    <Button icon={<Plus size={16} />} onClick={() => setEdited('new')}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <section className={styles.settings}>
      <h2>{t('title')}</h2>
      <p>{t('help')}</p>
      {create}
      <DataTable<Row>
        label={t('title')}
        rows={rows}
        rowKey={({ target, by }) => `${target} ${by ?? ''}`}
        searchText={({ target, reason = '' }) => `${target} ${reason}`}
        columns={[
          { key: 'target', title: t('target'), value: ({ target }) => target, render: (row) => <Target row={row} /> },
          { key: 'state', title: t('state'), value: ({ isConfirmed }) => String(isConfirmed), render: (row) => <State row={row} /> },
          { key: 'reason', title: t('reason'), value: ({ reason = '' }) => reason, render: ({ reason }) => reason },
          { key: 'by', title: t('by'), value: ({ by = '' }) => by, render: ({ by }) => by },
          { key: 'at', title: t('at'), value: ({ at = 0 }) => at, render: ({ at }) => (at === undefined ? null : <TimeText at={at} />) },
          {
            key: 'acts',
            title: '',
            width: 120,
            render: (row) => (mayEdit && row.by !== undefined ? <Acts row={row} onConfirm={() => setEdited(row.target)} /> : null),
          },
        ]}
        isLoading={listed.isPending}
        error={listed.error}
        onRefresh={() => void listed.refetch()}
        empty={<EmptyState needs="outbound.edit" title={t('empty')} />}
        exportName="outbound"
      />
      {edited === undefined ? null : <OutboundDialog target={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />}
    </section>
  );
}

/**
 * Shows a target. When a host name is added to the list, the platform stores which kinds of addresses it has. Only
 * addresses of these kinds are allowed later.
 */
function Target({ row: { target, opens } }: { readonly row: Row }) {
  const t = useTexts(TEXTS);
  const classes = opens?.map((one) => t(one)).join('、');
  return (
    <>
      <code>{target}</code>
      {classes === undefined ? null : ` ${t('onlyFor', { classes })}`}
    </>
  );
}

function State({ row: { isConfirmed } }: { readonly row: Row }) {
  const t = useTexts(TEXTS);
  if (isConfirmed === undefined) return <Tag tone="violet">{t('settings')}</Tag>;
  return isConfirmed ? <Tag tone="green">{t('confirmed')}</Tag> : <Tag tone="amber">{t('unconfirmed')}</Tag>;
}

function Acts({ row: { target, isConfirmed }, onConfirm }: { readonly row: Row; readonly onConfirm: () => void }) {
  const t = useTexts(TEXTS);
  const remove = useMutationOf('outbound.remove');
  return (
    <>
      {isConfirmed === true ? null : (
        <Button
          type="text"
          size="small"
          icon={<Check size={16} />}
          title={t('confirm')}
          aria-label={`${t('confirm')}: ${target}`}
          onClick={onConfirm}
        />
      )}
      <RemoveButton
        isSmall
        name={target}
        effect={t('removeEffect', { target })}
        run={($reason) => remove.mutateAsync({ target, $reason })}
      />
    </>
  );
}
