import { App, Button, Skeleton, Switch } from 'antd';
import { Plus, Send } from 'lucide-react';
import { useState } from 'react';
import type { AlarmReceiver, AlarmSettings } from '../../api/operations.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useErrorWords } from '../../kit/feedback/error-words.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { SecretOnce } from '../../kit/text/secret-once.tsx';
import styles from './alarms.module.css';
import { MailServer } from './mail-server.tsx';
import { ReceiverDrawer, RECEIVER_TEXTS } from './receiver-drawer.tsx';
import { useAlarmSettings } from './use-alarm-settings.ts';

const TEXTS = defineTexts({
  label: ['接收人', 'Receivers'],
  create: ['新建接收人', 'New receiver'],
  on: ['启用', 'On'],
  onOf: ['启用{{name}}', 'Turn on {{name}}'],
  name: ['名称', 'Name'],
  kind: ['方式', 'How'],
  group: ['分组', 'Group'],
  address: ['地址', 'Address'],
  test: ['发测试告警', 'Send a test'],
  sent: ['已送达：{{name}}', 'Delivered: {{name}}'],
  removeEffect: ['“{{name}}”不再收到告警。', '"{{name}}" is no longer notified of alarms.'],
  empty: ['还没有接收人', 'No receivers yet'],
  emptyNext: ['没有接收人时，告警只列在本页和顶栏的铃铛上。', 'Without a receiver, alarms are shown only here and at the bell.'],
  newKey: ['“{{name}}”的签名密钥', 'Signing key of "{{name}}"'],
});

export function AlarmReceivers() {
  const mayEdit = useMay()('alarms.edit');
  const alarmSettings = useAlarmSettings();
  const { query, settings, error, isSaving, reload, save } = alarmSettings;
  if (query.error !== null) return <ErrorBox error={query.error} onRetry={() => void query.refetch()} />;
  if (settings === undefined) return <Skeleton active paragraph={{ rows: 6 }} />;
  return (
    <div className={styles.panels}>
      <Receivers {...alarmSettings} settings={settings} mayEdit={mayEdit} />
      <MailServer
        mail={settings.mail}
        mayEdit={mayEdit}
        error={error}
        isSaving={isSaving}
        onSave={(mail, password) => save({ ...settings, mail }, password === undefined ? {} : { mail: password })}
        onReload={() => void reload()}
      />
    </div>
  );
}

interface ReceiversProps extends ReturnType<typeof useAlarmSettings> {
  readonly settings: AlarmSettings;
  readonly mayEdit: boolean;
}

/**
 * Shows the list of receivers, and the form of the receiver that is being edited. After a webhook was added, shows its
 * signing key once.
 */
function Receivers({ query, settings, error, isSaving, reload, save, mayEdit }: ReceiversProps) {
  const t = useTexts(TEXTS);
  const [edited, setEdited] = useState<AlarmReceiver | 'new'>();
  const [made, setMade] = useState<{ readonly name: string; readonly key: string }>();
  const { receivers } = settings;
  const put = (next: readonly AlarmReceiver[], secrets: Readonly<Record<string, string>> = {}) =>
    save({ ...settings, receivers: [...next] }, secrets);
  const replace = (next: AlarmReceiver) => receivers.map((receiver) => (receiver.receiverId === next.receiverId ? next : receiver));
  const keep = async (next: AlarmReceiver, key: string | undefined) => {
    const secrets = key === undefined ? {} : { [next.receiverId]: key };
    const { newKeys } = await put(edited === 'new' ? [...receivers, next] : replace(next), secrets);
    setEdited(undefined);
    const newKey = newKeys[next.receiverId];
    if (newKey !== undefined) setMade({ name: next.name, key: newKey });
  };
  const columns = useColumns({
    isSwitchOff: !mayEdit || isSaving,
    onSwitch: (receiver, on) => void put(replace({ ...receiver, on })).catch(() => undefined),
    onRemove: mayEdit ? (receiver) => put(receivers.filter((other) => other !== receiver)) : undefined,
  });
  return (
    <>
      <DataTable<AlarmReceiver>
        label={t('label')}
        rows={receivers}
        rowKey={({ receiverId }) => receiverId}
        searchText={(receiver) => `${receiver.name} ${addressOf(receiver)}`}
        columns={columns}
        isLoading={query.isPending}
        error={null}
        onRefresh={() => void query.refetch()}
        {...(mayEdit ? { onOpen: setEdited } : {})}
        empty={<EmptyState needs="alarms.edit" title={t('empty')} next={t('emptyNext')} />}
        actions={
          mayEdit ? (
            <Button type="primary" icon={<Plus size={16} />} onClick={() => setEdited('new')}>
              {t('create')}
            </Button>
          ) : null
        }
        exportName="receivers"
      />
      {edited === undefined ? null : (
        <ReceiverDrawer
          receiver={edited === 'new' ? undefined : edited}
          error={error}
          isSaving={isSaving}
          onSave={(receiver, key) => void keep(receiver, key).catch(() => undefined)}
          onReload={() => void reload()}
          onClose={() => setEdited(undefined)}
        />
      )}
      {made === undefined ? null : (
        <SecretOnce title={t('newKey', { name: made.name })} secret={made.key} onClose={() => setMade(undefined)} />
      )}
    </>
  );
}

interface ReceiverActs {
  readonly isSwitchOff: boolean;
  readonly onSwitch: (receiver: AlarmReceiver, on: boolean) => void;
  /** Removes a receiver; undefined if the user may not edit. */
  readonly onRemove: ((receiver: AlarmReceiver) => Promise<unknown>) | undefined;
}

function useColumns({ isSwitchOff, onSwitch, onRemove }: ReceiverActs): readonly Column<AlarmReceiver>[] {
  const t = useTexts(TEXTS);
  const words = useTexts(RECEIVER_TEXTS);
  return [
    {
      key: 'on',
      title: t('on'),
      width: 72,
      render: (receiver) => (
        <Switch
          size="small"
          disabled={isSwitchOff}
          checked={receiver.on}
          aria-label={t('onOf', { name: receiver.name })}
          onChange={(on) => onSwitch(receiver, on)}
        />
      ),
    },
    { key: 'name', title: t('name'), value: ({ name }) => name, render: ({ name }) => name },
    { key: 'kind', title: t('kind'), value: ({ kind }) => words(kind), render: ({ kind }) => words(kind) },
    { key: 'group', title: t('group'), value: ({ group }) => words(group), render: ({ group }) => words(group) },
    {
      key: 'address',
      title: t('address'),
      value: addressOf,
      render: (receiver) => <code className={styles.address}>{addressOf(receiver)}</code>,
    },
    {
      key: 'acts',
      title: '',
      width: 96,
      render: (receiver) =>
        onRemove === undefined ? null : (
          <div className={styles.acts}>
            <TestButton receiver={receiver} />
            <RemoveButton isSmall name={receiver.name} effect={t('removeEffect', { name: receiver.name })} run={() => onRemove(receiver)} />
          </div>
        ),
    },
  ];
}

function addressOf({ kind, url = '', to = [] }: AlarmReceiver): string {
  return kind === 'webhook' ? url : to.join(', ');
}

function TestButton({ receiver: { receiverId, name } }: { readonly receiver: AlarmReceiver }) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const words = useErrorWords();
  const test = useMutationOf('alarms.test-receiver');
  const send = () =>
    test.mutateAsync({ receiverId }).then(
      () => message.success(t('sent', { name })),
      (error: unknown) => message.error(`${name}: ${words(error).title}`),
    );
  return (
    <Button
      type="text"
      size="small"
      icon={<Send size={16} />}
      loading={test.isPending}
      title={t('test')}
      aria-label={`${t('test')}: ${name}`}
      onClick={() => void send()}
    />
  );
}
