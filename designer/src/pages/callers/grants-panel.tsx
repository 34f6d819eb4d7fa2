import { Button, Select, Table } from 'antd';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Outputs } from '../../api/outputs.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../app/session.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../parts/confirm-act.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ErrorBox } from '../../parts/error-box.tsx';
import { Panel } from '../../parts/page-header.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import styles from './caller-page.module.css';

const TEXTS = defineTexts({
  title: ['授权的接口', 'Granted interfaces'],
  interface: ['接口', 'Interface'],
  expires: ['到期', 'Expires'],
  choose: ['选择接口', 'Choose an interface'],
  add: ['授权', 'Grant'],
  remove: ['收回授权', 'Take the grant back'],
  removeEffect: ['该应用一秒内不能再调用“{{name}}”。', 'Within a second the app can no longer call "{{name}}".'],
  empty: ['还没有授权，此应用什么都不能调用', 'No grants yet: this app can call nothing'],
});

type Grant = Outputs['grants.list']['items'][number];

/** Which interfaces the app may call. */
export function GrantsPanel({ appId }: { readonly appId: string }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const grants = useQueryOf('grants.list', { appId });
  const interfaces = useQueryOf('interfaces.list', {}, { enabled: may('interfaces.read') });
  const remove = useMutationOf('grants.remove', ['apps', 'interfaces']);
  const nameOf = (id: string) => text(interfaces.data?.items.find(({ interfaceId }) => interfaceId === id)?.name) || id;
  const ask = ({ grantId, interfaceId }: Grant) =>
    confirm({
      title: t('remove'),
      effect: t('removeEffect', { name: nameOf(interfaceId) }),
      verb: t('remove'),
      isDangerous: true,
      needsReason: true,
      run: ($reason) => remove.mutateAsync({ grantId, $reason }),
    });
  const granted = new Set((grants.data?.items ?? []).map(({ interfaceId }) => interfaceId));
  const open = (interfaces.data?.items ?? []).filter(({ interfaceId }) => !granted.has(interfaceId));
  const options = open.map(({ interfaceId, name, method, path }) => ({ value: interfaceId, label: `${text(name)} · ${method} ${path}` }));
  const add = may('grants.edit') ? <AddGrant appId={appId} options={options} /> : null;
  return (
    <Panel title={t('title')} extra={add}>
      {grants.error === null ? null : <ErrorBox error={grants.error} onRetry={() => void grants.refetch()} />}
      <Table<Grant>
        size="small"
        rowKey={({ grantId }) => grantId}
        dataSource={[...(grants.data?.items ?? [])]}
        loading={grants.isPending}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        locale={{ emptyText: <EmptyState title={t('empty')} /> }}
        columns={[
          {
            title: t('interface'),
            render: (_value, { interfaceId }) => <Link to={`/interfaces/${interfaceId}`}>{nameOf(interfaceId)}</Link>,
          },
          { title: t('expires'), render: (_value, { expiresAt }) => <TimeText at={expiresAt} /> },
          {
            width: 48,
            render: (_value, grant) =>
              may('grants.edit') ? (
                <Button
                  type="text"
                  size="small"
                  icon={<Trash2 size={16} />}
                  aria-label={`${t('remove')}: ${nameOf(grant.interfaceId)}`}
                  onClick={() => ask(grant)}
                />
              ) : null,
          },
        ]}
      />
    </Panel>
  );
}

interface AddGrantProps {
  readonly appId: string;
  readonly options: { readonly value: string; readonly label: string }[];
}

function AddGrant({ appId, options }: AddGrantProps) {
  const t = useTexts(TEXTS);
  const save = useMutationOf('grants.save', ['apps', 'interfaces']);
  const [chosen, setChosen] = useState<string>();
  const submit = async (interfaceId: string) => {
    const grantId = newGrantId();
    await save.mutateAsync({ grantId, document: { grantId, revision: 0, appId, interfaceId } });
    setChosen(undefined);
  };
  return (
    <>
      {save.error === null ? null : <ErrorBox error={save.error} />}
      <Select
        className={styles.choice ?? ''}
        showSearch
        optionFilterProp="label"
        placeholder={t('choose')}
        aria-label={t('choose')}
        value={chosen ?? null}
        options={options}
        onChange={(value: string | null) => setChosen(value ?? undefined)}
      />
      <Button
        icon={<Plus size={16} />}
        disabled={chosen === undefined}
        loading={save.isPending}
        onClick={() => (chosen === undefined ? undefined : void submit(chosen).catch(() => undefined))}
      >
        {t('add')}
      </Button>
    </>
  );
}

function newGrantId(): string {
  return `grt_${[...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
