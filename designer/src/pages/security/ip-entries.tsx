import type { Output } from '../../api/operation-types.ts';
import { Button, Form, Input, Modal, Switch } from 'antd';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { isIpRange } from '../../../../engine/contract/calls/ip-range.ts';
import { useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { RemoveButton } from '../../kit/feedback/remove-button.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { ExpiryText } from '../../kit/time/expiry-text.tsx';
import { EntryDialog, ReasonAndEnd, reasonAndEnd, type EntryValues } from './entry-dialog.tsx';
import styles from './security.module.css';

const TEXTS = defineTexts({
  entries: ['条目', 'Entries'],
  range: ['地址或网段', 'Address or range'],
  rangeHelp: ['如 10.20.3.7、10.20.0.0/16 或 2001:db8::/32。', 'Such as 10.20.3.7, 10.20.0.0/16 or 2001:db8::/32.'],
  rangeWrong: ['不是 IP 地址或网段', 'Neither an address nor a range'],
  reason: ['原因', 'Reason'],
  expires: ['到期', 'Ends'],
  add: ['添加条目', 'Add an entry'],
  everywhere: ['全部生效', 'Applies everywhere'],
  everywhereBlack: [
    '一秒内，所选网关拒绝这 {{count}} 条地址的全部请求。',
    'Within a second its fronts refuse all requests from {{count}} listed {{count|address or range|addresses and ranges}}.',
  ],
  everywhereWhite: [
    '一秒内，所选网关只接受这 {{count}} 条地址的请求，其他调用方全部被拒绝（GW40302）。',
    'Within a second its fronts accept requests from {{count}} listed {{count|address or range|addresses and ranges}} only; all other callers get GW40302.',
  ],
  removeBlack: ['一秒内，{{range}} 不再被这个黑名单拒绝。', 'Within a second this black list no longer refuses {{range}}.'],
  removeWhite: ['一秒内，这个白名单不再允许 {{range}}。', 'Within a second this white list no longer allows {{range}}.'],
  emptyBlack: ['还没有条目：不拒绝任何地址', 'No entries: no address is refused'],
  emptyWhite: ['还没有条目：不允许任何地址', 'No entries: no address is allowed'],
  emptyNext: ['添加第一个地址或网段。', 'Add the first address or range.'],
  close: ['关闭', 'Close'],
});

export type IpList = Output<'ip-lists.list'>['items'][number];
type Entry = IpList['entries'][number];
type Values = EntryValues & { readonly range: string };

interface EverywhereProps {
  readonly list: IpList;
  readonly isDisabled: boolean;
  readonly isPending: boolean;
  change(changes: { readonly everywhere: boolean }, reason?: string): Promise<unknown>;
}

/** Applies the list to all requests of its fronts, after the user has seen whom that concerns; takes it back at once. */
function EverywhereSwitch({ list, isDisabled, isPending, change }: EverywhereProps) {
  const t = useTexts(TEXTS);
  const confirm = useConfirm();
  const apply = (everywhere: boolean) => {
    if (!everywhere) return void change({ everywhere }).catch(() => undefined);
    confirm({
      title: t('everywhere'),
      effect: t(list.kind === 'black' ? 'everywhereBlack' : 'everywhereWhite', { count: list.entries.length }),
      verb: t('everywhere'),
      isDangerous: true,
      needsReason: true,
      run: (reason) => change({ everywhere }, reason),
    });
  };
  return (
    <label>
      <Switch size="small" checked={list.everywhere} disabled={isDisabled} loading={isPending} onChange={apply} /> {t('everywhere')}
    </label>
  );
}

/** Shows the entries of a list, and adds and removes them. */
export function IpEntries({ list, onClose }: { readonly list: IpList; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const save = useMutationOf('ip-lists.save');
  const isBlack = list.kind === 'black';
  const [isAdding, setAdding] = useState(false);
  const mayEdit = list.mayEdit && may('callers.edit');
  const { mayEdit: _mayEdit, ...document } = list;
  const change = (changes: Partial<typeof document>, $reason?: string) =>
    save.mutateAsync({ listId: list.listId, document: { ...document, ...changes }, ...($reason === undefined ? {} : { $reason }) });
  const submit = async ({ range, ...rest }: Values) => {
    const entry = { range: range.trim(), ...reasonAndEnd(rest) };
    await change({ entries: [...list.entries.filter((other) => other.range !== entry.range), entry] });
    setAdding(false);
  };
  const add = mayEdit ? (
    <Button icon={<Plus size={16} />} onClick={() => setAdding(true)}>
      {t('add')}
    </Button>
  ) : null;
  return (
    <Modal open width={800} title={text(list.name)} onCancel={onClose} footer={<Button onClick={onClose}>{t('close')}</Button>}>
      <div className={styles.stack}>
        {save.error === null || isAdding ? null : <ErrorBox error={save.error} />}
        <EverywhereSwitch list={list} isDisabled={!mayEdit} isPending={save.isPending} change={change} />
        <DataTable<Entry>
          label={t('entries')}
          rows={list.entries}
          rowKey={({ range }) => range}
          searchText={({ range, reason }) => `${range} ${reason}`}
          columns={[
            { key: 'range', title: t('range'), value: ({ range }) => range, render: ({ range }) => <code>{range}</code> },
            { key: 'reason', title: t('reason'), value: ({ reason }) => reason, render: ({ reason }) => reason },
            {
              key: 'expires',
              title: t('expires'),
              value: ({ expiresAt }) => expiresAt,
              render: ({ expiresAt }) => <ExpiryText at={expiresAt} />,
            },
            {
              key: 'remove',
              title: '',
              width: 48,
              render: ({ range }) =>
                mayEdit ? (
                  <RemoveButton
                    isSmall
                    name={range}
                    effect={t(isBlack ? 'removeBlack' : 'removeWhite', { range })}
                    run={($reason) => change({ entries: list.entries.filter((other) => other.range !== range) }, $reason)}
                  />
                ) : null,
            },
          ]}
          isLoading={false}
          error={null}
          onRefresh={() => undefined}
          actions={add}
          empty={<EmptyState needs="callers.edit" title={t(isBlack ? 'emptyBlack' : 'emptyWhite')} next={t('emptyNext')} action={add} />}
          exportName={list.listId}
        />
      </div>
      {isAdding ? (
        <EntryDialog<Values>
          title={t('add')}
          isPending={save.isPending}
          error={save.error}
          onClose={() => setAdding(false)}
          onSubmit={(values) => void submit(values).catch(() => undefined)}
        >
          <Form.Item
            name="range"
            label={t('range')}
            extra={t('rangeHelp')}
            rules={[
              {
                required: true,
                validator: (_rule, value: string) =>
                  isIpRange((value ?? '').trim()) ? Promise.resolve() : Promise.reject(new Error(t('rangeWrong'))),
              },
            ]}
          >
            <Input autoFocus maxLength={50} />
          </Form.Item>
          <ReasonAndEnd />
        </EntryDialog>
      ) : null}
    </Modal>
  );
}
