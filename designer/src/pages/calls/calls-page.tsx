/** The page `/calls`: calls of all gateways, refused ones too, newest first. */
import { Alert, Button, Table, Tooltip } from 'antd';
import { Download, FlaskConical, RefreshCw } from 'lucide-react';
import { useNavigate } from 'react-router';
import type { CallLine } from '../../api/operations.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Page, PageHeader } from '../../kit/page/page-header.tsx';
import { csvOf } from '../../kit/table/csv.ts';
import listStyles from '../../kit/table/data-table.module.css';
import { rowOpens } from '../../kit/table/data-table.tsx';
import { download } from '../../kit/table/download.ts';
import { CallDrawer } from './call-drawer.tsx';
import { CallSearch } from './call-search.tsx';
import styles from './calls.module.css';
import { useCallColumns } from './use-call-columns.tsx';
import { useCallConditions, type WrongCondition } from './use-call-conditions.ts';
import { keyOf, useFoundCalls } from './use-found-calls.ts';

const TEXTS = defineTexts({
  title: ['调用', 'Calls'],
  help: [
    '每一次经过网关的请求，被拒绝的也在内：何时、谁、结果如何、为什么。查自各网关自己的访问日志。',
    'Every request that reached a gateway, refused ones too: when, from whom, with which result, and why. They are found in the access logs of the gateways.',
  ],
  refresh: ['刷新', 'Refresh'],
  export: ['导出 CSV', 'Export CSV'],
  simulate: ['模拟请求', 'Simulate a request'],
  empty: ['没有符合条件的调用', 'No call matches these conditions'],
  emptyNext: [
    '放宽条件再查。访问日志只保留最近的调用；已停止的网关不应答查询。',
    'Widen the conditions. The access log keeps the latest calls only, and a gateway that is stopped does not reply.',
  ],
  clear: ['清除条件', 'Clear the conditions'],
  shown: ['已列出 {{count}} 次', '{{count}} listed'],
  more: ['查找更早的调用', 'Find earlier calls'],
  readTo: ['只查到 {{at}} 为止：更早的调用可能没有全部列出。', 'Searched back to {{at}}: earlier calls may be missing from this list.'],
  replied: ['{{count}} 个网关进程已应答', '{{count}} gateway {{count|process|processes}} replied'],
  silent: [
    '{{of}} 个网关进程中只有 {{count}} 个应答：没有应答的网关上的调用不在此列。请到“网关”页查看。',
    'Only {{count}} of {{of}} gateway processes replied: calls of the others are missing. See the page "Gateways".',
  ],
  nobody: ['没有网关应答，因此什么也没有查到', 'No gateway replied, so nothing was searched'],
  nobodyNext: ['请到“网关”页查看网关是否在运行，再刷新。', 'See on the page "Gateways" whether a gateway is running, then refresh.'],
  wrong: ['“{{name}}”的格式不对，没有查找', 'This is not a valid {{name}}, so nothing was searched'],
  wrongTrace: ['追踪号至少填前 8 位，没有查找', 'Type at least the first 8 characters of the trace id; nothing was searched'],
  trace: ['追踪号', 'trace id'],
  app: ['应用编号', 'app id'],
  ip: ['来源地址', 'address'],
  interface: ['接口编号', 'interface id'],
  code: ['错误码', 'error code'],
});

export function CallsPage() {
  const t = useTexts(TEXTS);
  const go = useNavigate();
  const { conditions, query, wrong, set, clear, opened, open } = useCallConditions();
  const found = useFoundCalls(query, wrong === undefined);
  const columns = useCallColumns();
  return (
    <Page>
      <PageHeader
        title={t('title')}
        help={t('help')}
        actions={
          <Button icon={<FlaskConical size={16} />} onClick={() => void go('/calls/simulate')}>
            {t('simulate')}
          </Button>
        }
      />
      <div className={listStyles.list}>
        <CallSearch
          conditions={conditions}
          set={set}
          actions={
            <>
              <Tooltip title={t('refresh')}>
                <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void found.refetch()} />
              </Tooltip>
              <Tooltip title={t('export')}>
                <Button
                  icon={<Download size={16} />}
                  aria-label={t('export')}
                  disabled={found.calls.length === 0}
                  onClick={() => download('calls.csv', csvOf(columns, found.calls))}
                />
              </Tooltip>
            </>
          }
        />
        <Calls found={found} wrong={wrong} onOpen={open} onClear={Object.keys(conditions).length > 0 ? clear : undefined} />
      </div>
      {opened === undefined ? null : (
        <CallDrawer key={opened.traceId} opened={opened} known={found.calls} onClose={() => open(undefined)} />
      )}
    </Page>
  );
}

interface CallsProps {
  readonly found: ReturnType<typeof useFoundCalls>;
  readonly wrong: WrongCondition | undefined;
  readonly onOpen: (call: CallLine) => void;
  /** Removes all conditions; undefined if there are none. */
  readonly onClear: (() => void) | undefined;
}

function Calls({ found, wrong, onOpen, onClear }: CallsProps) {
  const t = useTexts(TEXTS);
  const columns = useCallColumns();
  const { calls, error, gateways, asked } = found;
  const next = onClear === undefined ? {} : { action: <Button onClick={onClear}>{t('clear')}</Button> };
  if (wrong !== undefined) return <EmptyState title={wrong === 'trace' ? t('wrongTrace') : t('wrong', { name: t(wrong) })} {...next} />;
  if (error !== null) return <ErrorBox error={error} onRetry={() => void found.refetch()} />;
  const empty =
    gateways === 0 ? (
      <EmptyState title={t('nobody')} next={t('nobodyNext')} />
    ) : (
      <EmptyState title={t('empty')} next={t('emptyNext')} {...next} />
    );
  return (
    <>
      <WhoReplied gateways={gateways} asked={asked} />
      <Table<CallLine>
        aria-label={t('title')}
        size="small"
        rowKey={keyOf}
        dataSource={[...calls]}
        columns={columns.map(({ key, title, align, render }) => ({
          ...{ key, title, render: (_value: unknown, call: CallLine) => render(call) },
          ...(align === undefined ? {} : { align }),
        }))}
        loading={found.isPending || (found.isFetching && !found.isFetchingNextPage)}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: found.isPending ? ' ' : empty }}
        onRow={(call) => rowOpens(() => onOpen(call))}
      />
      <Foot found={found} />
    </>
  );
}

/** Warns if a gateway did not reply. */
function WhoReplied({ gateways, asked }: Pick<CallsProps['found'], 'gateways' | 'asked'>) {
  const t = useTexts(TEXTS);
  if (gateways === undefined || asked === undefined || gateways === 0 || asked <= gateways) return null;
  return <Alert type="warning" showIcon title={t('silent', { count: gateways, of: asked })} />;
}

/** Says how far the search looked, and looks further back on request. */
function Foot({ found }: Pick<CallsProps, 'found'>) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { calls, gateways, readTo } = found;
  if (gateways === undefined || gateways === 0) return null;
  return (
    <div className={styles.foot}>
      <span>{t('shown', { count: calls.length })}</span>
      <span>{t('replied', { count: gateways })}</span>
      {readTo === undefined ? null : <span>{t('readTo', { at: format.time(readTo) })}</span>}
      {found.hasNextPage ? (
        <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('more')}
        </Button>
      ) : null}
    </div>
  );
}
