import { App, Button, Input, Table, Upload, type TableColumnsType } from 'antd';
import { Download, Plus, Trash2, Upload as UploadIcon } from 'lucide-react';
import { defineTexts, LANGUAGES, translateWith, useTexts } from '../../i18n/texts.ts';
import { Panel } from '../../kit/page/page-header.tsx';
import { csvOf, parseCsv } from '../../kit/table/csv.ts';
import { download } from '../../kit/table/download.ts';
import { textOfFile } from '../../kit/table/text-of-file.ts';
import styles from './code-table-page.module.css';
import { entriesOf, toEntries, toRows, type Row } from './table-rows.ts';

const TEXTS = defineTexts({
  entries: ['条目', 'Entries'],
  key: ['代码', 'Code'],
  value: ['译为', 'Becomes'],
  keyEmpty: ['代码不能为空', 'The code is empty'],
  keyRepeated: ['代码重复', 'This code occurs twice'],
  add: ['添加一行', 'Add a row'],
  remove: ['删除这一行', 'Delete this row'],
  import: ['导入 CSV', 'Import CSV'],
  importHelp: [
    '两列：代码、译为。导入的行覆盖同名代码，保存前不生效。',
    'Two columns: code and translation. Imported rows replace those with the same code; nothing takes effect before you save.',
  ],
  imported: ['读入 {{count}} 行，请检查后保存', '{{count}} {{count|row|rows}} read: check them, then save'],
  export: ['导出 CSV', 'Export CSV'],
});

interface EntriesProps {
  readonly rows: readonly Row[];
  readonly onChange: (change: (rows: readonly Row[]) => readonly Row[]) => void;
  readonly isReadOnly: boolean;
}

interface TableEntriesProps extends EntriesProps {
  readonly tableId: string;
  /** Ids of rows whose code is empty or repeats an earlier one. */
  readonly problems: ReadonlySet<number>;
}

/** Edits the entries of a code table, row by row or from a CSV file. */
export function TableEntries({ tableId, problems, ...entries }: TableEntriesProps) {
  const t = useTexts(TEXTS);
  const { rows, onChange, isReadOnly } = entries;
  return (
    <Panel
      title={`${t('entries')} (${rows.length})`}
      extra={
        <>
          {isReadOnly ? null : <ImportButton onChange={onChange} />}
          <Button icon={<Download size={16} />} onClick={() => download(`${tableId}.csv`, csvOf(csvColumns(t('key'), t('value')), rows))}>
            {t('export')}
          </Button>
          {isReadOnly ? null : (
            <Button icon={<Plus size={16} />} onClick={() => onChange((now) => [{ id: nextId(now), key: '', value: '' }, ...now])}>
              {t('add')}
            </Button>
          )}
        </>
      }
    >
      <Table<Row>
        size="small"
        rowKey={({ id }) => id}
        dataSource={[...rows]}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        columns={useColumns({ ...entries, problems })}
      />
    </Panel>
  );
}

/** Reads rows from a file. They replace the rows with the same code. */
function ImportButton({ onChange }: Pick<EntriesProps, 'onChange'>) {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const read = async (file: File) => {
    const lines = parseCsv(textOfFile(new Uint8Array(await file.arrayBuffer())));
    const read = entriesOf(
      lines,
      LANGUAGES.map((language) => [translateWith(TEXTS, language)('key'), translateWith(TEXTS, language)('value')]),
    );
    onChange((now) => toRows({ ...toEntries(now), ...read }));
    void message.info(t('imported', { count: Object.keys(read).length }));
  };
  return (
    <Upload accept=".csv,text/csv,text/plain" showUploadList={false} beforeUpload={(file) => (void read(file), false)}>
      <Button icon={<UploadIcon size={16} />} title={t('importHelp')}>
        {t('import')}
      </Button>
    </Upload>
  );
}

function useColumns({ onChange, isReadOnly, problems }: Omit<TableEntriesProps, 'tableId' | 'rows'>): TableColumnsType<Row> {
  const t = useTexts(TEXTS);
  const change = (id: number, part: Partial<Row>) => onChange((now) => now.map((row) => (row.id === id ? { ...row, ...part } : row)));
  return [
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
            onClick={() => onChange((now) => now.filter((row) => row.id !== id))}
          />
        ),
    },
  ];
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
