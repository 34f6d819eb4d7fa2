import { App, Button, Input, Switch } from 'antd';
import { Save } from 'lucide-react';
import { useParams } from 'react-router';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useHolds, useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader, Panel } from '../../kit/page/page-header.tsx';
import { SaveProblem } from '../../kit/feedback/save-problem.tsx';
import { useLeaveGuard } from '../../kit/page/use-leave-guard.ts';
import { useOpened } from '../../kit/document/use-opened.ts';
import styles from './code-table-page.module.css';
import { TableEntries } from './table-entries.tsx';
import { TableOwner } from './table-owner.tsx';
import { useTableDraft, type CodeTable } from './use-table-draft.ts';
import { WhoMayEdit } from './who-may-edit.tsx';

const TEXTS = defineTexts({
  tables: ['代码表', 'Code tables'],
  save: ['保存', 'Save'],
  saved: [
    '已保存；新消息立即使用，在途消息仍用接收时的内容，挂起的可选“用现在的代码表”重试',
    'Saved: new messages use it immediately, running messages keep the tables with which they were accepted; held messages can be retried with the current tables',
  ],
  hasFallback: ['查不到代码时用固定值代替', 'Use a fixed value if a code is unknown'],
  fallback: ['代替值', 'Fixed value'],
  noFallback: [
    '查不到代码时报错 CODE_UNKNOWN，消息按节点的错误处理走',
    'An unknown code is the error CODE_UNKNOWN; the node’s error handling decides what happens',
  ],
});

/** Shows one code table. Rows are edited in place and saved as a whole. */
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
  const save = useMutationOf('tables.save');
  const draft = useTableDraft(table);
  const isReadOnly = !may('tables.edit') || !holds(table.domain);
  useLeaveGuard(draft.isChanged);
  const submit = async () => {
    const saved = await save.mutateAsync({ tableId: table.tableId, document: draft.document });
    void message.success(t('saved'));
    onSaved(saved);
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
              disabled={!draft.isChanged || draft.problems.size > 0}
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
        <TableOwner owner={draft.owner} isReadOnly={isReadOnly} onChange={draft.setOwner} />
        <Fallback value={draft.fallback} isReadOnly={isReadOnly} onChange={draft.setFallback} />
      </Panel>
      <TableEntries tableId={table.tableId} rows={draft.rows} problems={draft.problems} isReadOnly={isReadOnly} onChange={draft.setRows} />
    </Page>
  );
}

interface FallbackProps {
  /** The value for codes that are not in the table; undefined if such a code is an error. */
  readonly value: string | undefined;
  readonly isReadOnly: boolean;
  readonly onChange: (value: string | undefined) => void;
}

function Fallback({ value, isReadOnly, onChange }: FallbackProps) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.fallback}>
      <Switch
        checked={value !== undefined}
        disabled={isReadOnly}
        aria-label={t('hasFallback')}
        onChange={(isOn) => onChange(isOn ? '' : undefined)}
      />
      <span>{t('hasFallback')}</span>
      {value === undefined ? (
        <span className={styles.hint}>{t('noFallback')}</span>
      ) : (
        <Input
          className={styles.fallbackValue ?? ''}
          value={value}
          disabled={isReadOnly}
          aria-label={t('fallback')}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  );
}
