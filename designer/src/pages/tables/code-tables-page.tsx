import type { Output } from '../../api/operation-types.ts';
import { Button, Form, Input, Modal } from 'antd';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay, useMe } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { DataTable, type Column } from '../../kit/table/data-table.tsx';
import { DomainSelect, useStartDomain } from '../../kit/form/inputs/domain-select.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';

const TEXTS = defineTexts({
  title: ['代码表', 'Code tables'],
  help: [
    '把一方的编码翻译成另一方的编码，供映射与表达式查用。',
    'Translate one side’s codes into another’s; mappings and expressions look them up.',
  ],
  create: ['新建代码表', 'New code table'],
  name: ['名称', 'Name'],
  nameZh: ['中文名称', 'Name in Chinese'],
  nameEn: ['英文名称', 'Name in English'],
  id: ['编号', 'Id'],
  idWrong: ['小写字母开头，只含小写字母、数字和连字符', 'A lower-case letter, then lower-case letters, digits and hyphens'],
  missing: ['请填写', 'Enter a value'],
  domain: ['服务域', 'Domain'],
  domainHelp: [
    '拥有该服务域的账号可修改；不选则属于整个平台，人人可用，须有全部服务域才能修改。',
    'Accounts with this domain can edit it. Without a domain it belongs to the whole installation: everyone can use it, and all domains can edit it.',
  ],
  whole: ['整个平台', 'Whole installation'],
  shared: ['其他服务域共享，只读', 'Shared by another domain, for use only'],
  entries: ['条目', 'Entries'],
  fallback: ['查不到时', 'Unknown code'],
  fails: ['报错', 'Error'],
  remove: ['删除', 'Delete'],
  removeEffect: [
    '删除代码表“{{name}}”。用到它的流程将无法再次发布；已在途的消息仍用它们接收时的内容。',
    'Deletes the table "{{name}}". Flows that use it can no longer be published; running messages keep the content with which they were accepted.',
  ],
  empty: ['还没有代码表', 'No code tables yet'],
  emptyNext: ['例如：市级科室代码 → 医院科室代码。', 'For example: the city’s departments → a hospital’s.'],
  cancel: ['取消', 'Cancel'],
});

type Table = Output<'tables.list'>['items'][number];

export function CodeTablesPage() {
  const t = useTexts(TEXTS);
  const may = useMay();
  const go = useNavigate();
  const columns = useColumns();
  const tables = useListOf('tables.list', {});
  const [isCreating, setCreating] = useState(false);
  const create = may('tables.edit') ? (
    <Button type="primary" icon={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader title={t('title')} help={t('help')} actions={create} />
      <DataTable<Table>
        label={t('title')}
        rows={tables.data?.items}
        rowKey={({ tableId }) => tableId}
        searchText={({ tableId, name }) => `${tableId} ${name['zh-CN']} ${name.en}`}
        columns={columns}
        isLoading={tables.isPending}
        error={tables.error}
        onRefresh={() => void tables.refetch()}
        onOpen={({ tableId }) => void go(`/code-tables/${tableId}`)}
        empty={<EmptyState needs="tables.edit" title={t('empty')} next={t('emptyNext')} action={create} />}
        exportName="code-tables"
      />
      {isCreating ? <NewTable onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}

function useColumns(): readonly Column<Table>[] {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  return [
    { key: 'name', title: t('name'), value: ({ name }) => text(name), render: ({ name }) => text(name) },
    { key: 'id', title: t('id'), value: ({ tableId }) => tableId, render: ({ tableId }) => <code>{tableId}</code> },
    {
      key: 'domain',
      title: t('domain'),
      value: ({ domain }) => domain ?? t('whole'),
      render: ({ domain, mayEdit }) => (
        <>
          {domain ?? t('whole')}
          {mayEdit || domain === undefined ? null : (
            <>
              {' '}
              <Tag tone="blue">{t('shared')}</Tag>
            </>
          )}
        </>
      ),
    },
    { key: 'entries', title: t('entries'), align: 'right', value: ({ size }) => size, render: ({ size }) => format.number(size) },
    { key: 'fallback', title: t('fallback'), value: ({ fallback }) => fallback, render: ({ fallback }) => fallback ?? t('fails') },
    { key: 'remove', title: '', width: 48, render: (table) => <Remove table={table} /> },
  ];
}

function Remove({ table: { tableId, name, mayEdit } }: { readonly table: Table }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const confirm = useConfirm();
  const remove = useMutationOf('tables.remove');
  if (!may('tables.edit') || !mayEdit) return null;
  const ask = () =>
    confirm({
      title: t('remove'),
      effect: t('removeEffect', { name: text(name) }),
      verb: t('remove'),
      isDangerous: true,
      needsReason: true,
      run: ($reason) => remove.mutateAsync({ tableId, $reason }),
    });
  return <Button type="text" size="small" icon={<Trash2 size={16} />} aria-label={`${t('remove')}: ${text(name)}`} onClick={ask} />;
}

interface Values {
  readonly tableId: string;
  readonly zhCN: string;
  readonly en: string;
  readonly domain?: string;
}

function NewTable({ onClose }: { readonly onClose: () => void }) {
  const start = useStartDomain();
  // Wait until the domain is loaded, so that the form has it from the start.
  return start === undefined ? null : <NewTableDialog start={start} onClose={onClose} />;
}

function NewTableDialog({ start, onClose }: { readonly start: string; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const hasAll = useMe().domains === 'all';
  const go = useNavigate();
  const save = useMutationOf('tables.save');
  const [form] = Form.useForm<Values>();
  const submit = async ({ tableId, zhCN, en, domain }: Values) => {
    const owner = domain === undefined ? {} : { domain };
    await save.mutateAsync({ tableId, document: { tableId, revision: 0, name: { 'zh-CN': zhCN, en }, ...owner, entries: {} } });
    void go(`/code-tables/${tableId}`);
  };
  const required = { required: true, whitespace: true, message: t('missing') };
  return (
    <Modal
      open
      title={t('create')}
      okText={t('create')}
      cancelText={t('cancel')}
      confirmLoading={save.isPending}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void submit(values).catch(() => undefined)}>
        <Form.Item name="zhCN" label={t('nameZh')} rules={[required]}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="en" label={t('nameEn')} rules={[required]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item
          name="tableId"
          label={t('id')}
          extra={t('idWrong')}
          rules={[{ required: true, pattern: /^[a-z][a-z0-9-]{0,60}$/, message: t('idWrong') }]}
        >
          <Input placeholder="departments-hospital-a" />
        </Form.Item>
        <Form.Item
          name="domain"
          label={t('domain')}
          extra={t('domainHelp')}
          {...(hasAll ? {} : { initialValue: start, rules: [{ required: true, message: t('missing') }] })}
        >
          <DomainSelect label={t('domain')} isOptional={hasAll} />
        </Form.Item>
      </Form>
      {save.error === null ? null : <ErrorBox error={save.error} />}
    </Modal>
  );
}
