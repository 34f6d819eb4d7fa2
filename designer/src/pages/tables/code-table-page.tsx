import type { Output } from '../../api/operation-types.ts';
import { App, Button, Input, Switch, Table, Upload } from 'antd';
import { Download, Plus, Save, Trash2, Upload as UploadIcon } from 'lucide-react';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useHolds, useMay, useMe } from '../../session/session-context.ts';
import { defineTexts, LANGUAGES, translateWith, useText, useTexts } from '../../i18n/texts.ts';
import { csvOf, parseCsv } from '../../kit/table/csv.ts';
import { DomainSelect, DomainsSelect } from '../../kit/form/inputs/domain-select.tsx';
import { download } from '../../kit/table/download.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { SaveProblem } from '../../kit/feedback/save-problem.tsx';
import { textOfFile } from '../../kit/table/text-of-file.ts';
import { useLeaveGuard } from '../../kit/page/use-leave-guard.ts';
import { useOpened } from '../../kit/document/use-opened.ts';
import { entriesOf, problemsOf, toEntries, toRows, type Row } from './table-rows.ts';
import styles from './code-table-page.module.css';
import { WhoMayEdit } from './who-may-edit.tsx';

const TEXTS = defineTexts({
  tables: ['代码表', 'Code tables'],
  entries: ['条目', 'Entries'],
  key: ['代码', 'Code'],
  value: ['译为', 'Becomes'],
  keyEmpty: ['代码不能为空', 'The code is empty'],
  keyRepeated: ['代码重复', 'This code is there twice'],
  add: ['添加一行', 'Add a row'],
  remove: ['删除这一行', 'Delete this row'],
  import: ['导入 CSV', 'Import CSV'],
  importHelp: [
    '两列：代码、译为。导入的行覆盖同名代码，保存前不生效。',
    'Two columns: code, becomes. Rows that are read replace those of the same code; nothing counts before it is saved.',
  ],
  imported: ['读入 {{count}} 行，请检查后保存', '{{count}} {{count|row|rows}} read: look at them, then save'],
  export: ['导出 CSV', 'Export CSV'],
  save: ['保存', 'Save'],
  saved: [
    '已保存；新消息立即使用，在途消息仍用接收时的内容，挂起的可选“用现在的代码表”重试',
    'Saved: new messages use it at once, those under way keep what they were accepted with; what is held can be retried with the current tables',
  ],
  domain: ['服务域', 'Domain'],
  sharedWith: ['共享给', 'Shared with'],
  owners: [
    '拥有该服务域的账号可修改；共享给的服务域可以使用、不能修改。不选服务域则属于整个平台，人人可用。',
    'Accounts with this domain edit it; the domains it is shared with use it and do not edit it. Without a domain it belongs to the whole installation and everybody uses it.',
  ],
  hasFallback: ['查不到代码时用固定值代替', 'Use a fixed value when a code is absent'],
  fallback: ['代替值', 'That value'],
  noFallback: [
    '查不到代码时报错 CODE_UNKNOWN，消息按节点的错误处理走',
    'An absent code is the error CODE_UNKNOWN; the node’s error handling decides',
  ],
});

type CodeTable = Output<'tables.get'>;

/** One code table: rows are edited in place and saved as a whole. */
export function CodeTablePage() {
  const { tableId = '' } = useParams();
  const table = useQueryOf('tables.get', { tableId });
  const { opened, setOpened, reload } = useOpened(table, tableId, (document) => document.tableId);
  if (opened !== undefined) return <Editor key={`${tableId} ${opened.revision}`} table={opened} onSaved={setOpened} onReload={reload} />;
  return table.error === null ? null : <ErrorBox error={table.error} onRetry={() => void table.refetch()} isPage />;
}

interface EditorProps {
  readonly table: CodeTable;
  readonly onSaved: (table: CodeTable) => void;
  readonly onReload: () => void;
}

function Editor({ table, onSaved, onReload }: EditorProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const holds = useHolds();
  const { message } = App.useApp();
  const [rows, setRows] = useState(() => toRows(table.entries));
  const [fallback, setFallback] = useState(table.fallback);
  const save = useMutationOf('tables.save');
  const [owner, setOwner] = useState<Owner>({ domain: table.domain, sharedWith: table.sharedWith });
  const isReadOnly = !may('tables.edit') || !holds(table.domain);
  const now = [toEntries(rows), fallback, owner.domain, owner.sharedWith];
  // Rows are sorted by code, but entries keep the order in which they were saved.
  const opened = [toEntries(toRows(table.entries)), table.fallback, table.domain, table.sharedWith];
  const isChanged = JSON.stringify(now) !== JSON.stringify(opened);
  const problems = problemsOf(rows);
  useLeaveGuard(isChanged);
  const change = (id: number, part: Partial<Row>) => setRows((now) => now.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const submit = async () => {
    const { fallback: _old, domain: _domain, sharedWith: _shared, ...rest } = table;
    const document = { ...rest, ...given(owner), entries: toEntries(rows), ...(fallback === undefined ? {} : { fallback }) };
    const saved = await save.mutateAsync({ tableId: table.tableId, document });
    void message.success(t('saved'));
    onSaved(saved);
  };
  const read = async (file: File) => {
    const lines = parseCsv(textOfFile(new Uint8Array(await file.arrayBuffer())));
    const read = entriesOf(
      lines,
      LANGUAGES.map((language) => [translateWith(TEXTS, language)('key'), translateWith(TEXTS, language)('value')]),
    );
    setRows((now) => toRows({ ...toEntries(now), ...read }));
    void message.info(t('imported', { count: Object.keys(read).length }));
  };
  return (
    <Page>
      <PageHeader
        title={text(table.name)}
        trail={[{ label: t('tables'), to: '/code-tables' }]}
        beside={<code>{table.tableId}</code>}
        actions={
          isReadOnly ? null : (
            <Button
              type="primary"
              icon={<Save size={16} />}
              disabled={!isChanged || problems.size > 0}
              loading={save.isPending}
              onClick={() => void submit().catch(() => undefined)}
            >
              {t('save')}
            </Button>
          )
        }
      />
      <SaveProblem error={save.error} onReload={onReload} />
      {isReadOnly ? <WhoMayEdit domain={table.domain} /> : null}
      <Panel>
        <TableOwner owner={owner} isReadOnly={isReadOnly} onChange={setOwner} />
        <div className={styles.fallback}>
          <Switch
            checked={fallback !== undefined}
            disabled={isReadOnly}
            aria-label={t('hasFallback')}
            onChange={(isOn) => setFallback(isOn ? '' : undefined)}
          />
          <span>{t('hasFallback')}</span>
          {fallback === undefined ? (
            <span className={styles.hint}>{t('noFallback')}</span>
          ) : (
            <Input
              className={styles.fallbackValue ?? ''}
              value={fallback}
              disabled={isReadOnly}
              aria-label={t('fallback')}
              onChange={(event) => setFallback(event.target.value)}
            />
          )}
        </div>
      </Panel>
      <Panel
        title={`${t('entries')} (${rows.length})`}
        extra={
          <>
            {isReadOnly ? null : (
              <Upload accept=".csv,text/csv,text/plain" showUploadList={false} beforeUpload={(file) => (void read(file), false)}>
                <Button icon={<UploadIcon size={16} />} title={t('importHelp')}>
                  {t('import')}
                </Button>
              </Upload>
            )}
            <Button
              icon={<Download size={16} />}
              onClick={() => download(`${table.tableId}.csv`, csvOf(csvColumns(t('key'), t('value')), rows))}
            >
              {t('export')}
            </Button>
            {isReadOnly ? null : (
              <Button icon={<Plus size={16} />} onClick={() => setRows((now) => [{ id: nextId(now), key: '', value: '' }, ...now])}>
                {t('add')}
              </Button>
            )}
          </>
        }
      >
        <Table<Row>
          size="small"
          rowKey={({ id }) => id}
          dataSource={rows}
          pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          columns={[
            {
              title: t('key'),
              render: (_value, { id, key }) => (
                <div>
                  <Input
                    value={key}
                    disabled={isReadOnly}
                    aria-label={t('key')}
                    status={problems.has(id) ? 'error' : ''}
                    onChange={(event) => change(id, { key: event.target.value })}
                  />
                  {problems.has(id) ? <div className={styles.problem}>{key === '' ? t('keyEmpty') : t('keyRepeated')}</div> : null}
                </div>
              ),
            },
            {
              title: t('value'),
              render: (_value, { id, value }) => (
                <Input
                  value={value}
                  disabled={isReadOnly}
                  aria-label={t('value')}
                  onChange={(event) => change(id, { value: event.target.value })}
                />
              ),
            },
            {
              width: 48,
              render: (_value, { id }) =>
                isReadOnly ? null : (
                  <Button
                    type="text"
                    icon={<Trash2 size={16} />}
                    aria-label={t('remove')}
                    onClick={() => setRows((now) => now.filter((row) => row.id !== id))}
                  />
                ),
            },
          ]}
        />
      </Panel>
    </Page>
  );
}

interface Owner {
  readonly domain: string | undefined;
  readonly sharedWith: readonly string[] | undefined;
}

/** The domain whose users edit the table, and the domains that may also use it. */
function TableOwner({ owner: { domain, sharedWith }, isReadOnly, onChange }: TableOwnerProps) {
  const t = useTexts(TEXTS);
  const hasAll = useMe().domains === 'all';
  return (
    <>
      <div className={styles.owner}>
        <label>
          {t('domain')}
          <DomainSelect
            label={t('domain')}
            isOptional={hasAll}
            isReadOnly={isReadOnly}
            value={domain}
            onChange={(next) => onChange({ domain: next, sharedWith })}
          />
        </label>
        <label>
          {t('sharedWith')}
          <DomainsSelect
            isShared
            label={t('sharedWith')}
            isReadOnly={isReadOnly || domain === undefined}
            value={sharedWith ?? []}
            onChange={(next) => onChange({ domain, sharedWith: next.length === 0 ? undefined : next })}
          />
        </label>
      </div>
      <p className={styles.hint}>{t('owners')}</p>
    </>
  );
}

interface TableOwnerProps {
  readonly owner: Owner;
  readonly isReadOnly: boolean;
  readonly onChange: (owner: Owner) => void;
}

/** Without a domain the table has no owner that could share it. */
function given({ domain, sharedWith }: Owner) {
  if (domain === undefined) return {};
  return { domain, ...(sharedWith === undefined ? {} : { sharedWith: [...sharedWith] }) };
}

function csvColumns(key: string, value: string) {
  return [
    { title: key, value: (row: Row) => row.key },
    { title: value, value: (row: Row) => row.value },
  ];
}

function nextId(rows: readonly Row[]): number {
  return rows.reduce((most, { id }) => Math.max(most, id), 0) + 1;
}
