/** The page `/messages`: messages of all flows, newest first. */
import { Alert, Button, Switch, Tooltip, type SwitchProps } from 'antd';
import { Download, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import type { ExecutionSummary } from '../../api/operations.ts';
import { ApiError } from '../../api/client.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Column } from '../../kit/table/data-table.tsx';
import listStyles from '../../kit/table/data-table.module.css';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { ProgressDialog, type Work } from '../../kit/feedback/progress-dialog.tsx';
import { ArchiveBar } from './archive-bar.tsx';
import { useKeysColumn } from './keys-column.tsx';
import { MessageSearch } from './message-search.tsx';
import { MessageTable } from './message-table.tsx';
import styles from './messages-page.module.css';
import { useConditions } from './use-conditions.ts';
import { useExport, type Exported } from './use-export.tsx';
import { useMessageColumns } from './use-message-columns.tsx';
import { useMessagePages, type MessagePages } from './use-message-pages.ts';

const TEXTS = defineTexts({
  title: ['消息', 'Messages'],
  help: [
    '每条经过流程的消息：何时、走到哪里、结果如何。按业务键查找时，键的值不写入网址。',
    'Every message that went through a flow: when, how far it got, and how it ended. The value of a business key is not part of the address.',
  ],
  refresh: ['刷新', 'Refresh'],
  live: ['自动刷新', 'Live'],
  liveHelp: ['每 5 秒列出新到的消息', 'Updates the list every 5 seconds'],
  archive: ['归档', 'Archive'],
  archiveOff: ['归档未启用', 'The archive is off'],
  archiveOffNext: [
    '消息不会移入归档，全部在此处查找。需要时请系统管理员设置 KQ_ARCHIVE_FOLDER。',
    'No messages are moved into an archive: all of them are here. To use an archive, the system administrator sets KQ_ARCHIVE_FOLDER.',
  ],
  archiveLeave: ['返回消息', 'Back to the messages'],
  archiveHelp: ['在归档文件中查找较早的消息', 'Search for older messages in the archive'],
  export: ['导出 CSV', 'Export CSV'],
  empty: ['没有符合条件的消息', 'No message matches these conditions'],
  emptyNext: ['放宽条件，或向接口发一条消息后刷新。', 'Widen the conditions, or send a message to an interface and refresh.'],
  clear: ['清除条件', 'Clear the conditions'],
  brokenOff: [
    '按追踪号查找只看到 {{at}} 为止；更早的请加上时间或流程条件。',
    'The search by trace id went back to {{at}}; to search further back, add a time or a flow.',
  ],
});

const LIVE_MS = 5000;
const NO_ROWS: readonly ExecutionSummary[] = [];

export function MessagesPage() {
  const t = useTexts(TEXTS);
  const { conditions, question, set, clear } = useConditions();
  const { query } = question;
  const [isLive, setLive] = useState(true);
  // Do not poll a search by trace id, because it reads the whole store. Do not poll a past period, because its messages
  // do not change.
  const mayBeLive = query.archived === undefined && query.text === undefined && (query.to === undefined || query.to > Date.now());
  const list = useMessagePages(question, mayBeLive && isLive ? LIVE_MS : undefined);
  const exportAll = useExport(question);
  const [work, setWork] = useState<Work<Exported>>();
  const isArchiveOff = query.archived === true && list.error instanceof ApiError && list.error.code === 'ARCHIVE_ABSENT';
  return (
    <Page>
      <PageHeader
        title={t('title')}
        help={t('help')}
        actions={
          <>
            <HeaderSwitch
              label={t('archive')}
              help={t('archiveHelp')}
              checked={query.archived === true}
              onChange={(isOn) => set({ archive: isOn ? '1' : undefined })}
            />
            <HeaderSwitch label={t('live')} help={t('liveHelp')} checked={mayBeLive && isLive} disabled={!mayBeLive} onChange={setLive} />
          </>
        }
      />
      {query.archived === true ? <ArchiveBar onArchived={() => void list.refetch()} /> : null}
      <div className={listStyles.list}>
        <MessageSearch
          conditions={conditions}
          set={set}
          actions={
            <>
              <Tooltip title={t('refresh')}>
                <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void list.refetch()} />
              </Tooltip>
              <Button icon={<Download size={16} />} disabled={list.rows.length === 0} onClick={() => setWork(exportAll)}>
                {t('export')}
              </Button>
            </>
          }
        />
        <SearchedUntil list={list} />
        {isArchiveOff ? (
          <EmptyState
            title={t('archiveOff')}
            next={t('archiveOffNext')}
            action={<Button onClick={() => set({ archive: undefined })}>{t('archiveLeave')}</Button>}
          />
        ) : (
          <Messages list={list} isArchived={query.archived === true} onClear={Object.keys(conditions).length > 0 ? clear : undefined} />
        )}
      </div>
      {work === undefined ? null : <ProgressDialog work={work} onClose={() => setWork(undefined)} />}
    </Page>
  );
}

interface HeaderSwitchProps extends Pick<SwitchProps, 'checked' | 'disabled' | 'onChange'> {
  readonly label: string;
  readonly help: string;
}

function HeaderSwitch({ label, help, ...state }: HeaderSwitchProps) {
  return (
    <Tooltip title={help}>
      <label className={styles.live}>
        <Switch size="small" {...state} aria-label={label} />
        {label}
      </label>
    </Tooltip>
  );
}

/** A search by trace id stops after a number of messages. Shows how far back in time it has searched. */
function SearchedUntil({ list }: { readonly list: MessagePages }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const searchedFrom = list.data?.pages.at(-1)?.searchedFrom;
  return searchedFrom === undefined ? null : <Alert type="info" showIcon title={t('brokenOff', { at: format.time(searchedFrom) })} />;
}

interface MessagesProps {
  readonly list: MessagePages;
  readonly isArchived: boolean;
  /** Removes all conditions; undefined if there are none. */
  readonly onClear: (() => void) | undefined;
}

function Messages({ list, isArchived, onClear }: MessagesProps) {
  const t = useTexts(TEXTS);
  const known = useMessageColumns();
  const keysColumn = useKeysColumn(isArchived ? NO_ROWS : list.rows);
  const next = onClear === undefined ? {} : { action: <Button onClick={onClear}>{t('clear')}</Button> };
  return (
    <MessageTable
      label={t('title')}
      list={list}
      columns={isArchived ? known : behind(known, 'flow', keysColumn)}
      empty={<EmptyState title={t('empty')} next={t('emptyNext')} {...next} />}
    />
  );
}

function behind<Row>(columns: readonly Column<Row>[], key: string, more: readonly Column<Row>[]): readonly Column<Row>[] {
  const at = columns.findIndex((column) => column.key === key) + 1;
  return [...columns.slice(0, at), ...more, ...columns.slice(at)];
}
