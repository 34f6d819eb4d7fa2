/** The section of the page Security with values that looked like an attack. */
import { Button, Table, type TableColumnsType } from 'antd';
import { Ban, Eye, RefreshCw, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { STRUCTURE_TEXTS } from '../../../../gateways/documents/content-structures.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { ErrorBox } from '../../kit/feedback/error-box.tsx';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { callAddress } from '../../kit/traffic/calls-address.ts';
import { useMay } from '../../session/session-context.ts';
import { useStageWords } from '../calls/stage-words.ts';
import { keyOf, useFoundCalls } from '../calls/use-found-calls.ts';
import { useNames } from '../calls/use-names.ts';
import { CARRIER_TEXTS, GUARDS, hitsOf, type ContentHit } from './content-hit.ts';
import { ExceptionDialog } from './exception-dialog.tsx';
import styles from './security.module.css';

const TEXTS = defineTexts({
  label: ['内容命中', 'Content hits'],
  at: ['时间', 'Time'],
  interface: ['接口', 'Interface'],
  check: ['检查', 'Check'],
  where: ['位置', 'Where'],
  name: ['字段名本身', 'the name of the field'],
  why: ['为什么命中', 'Why'],
  blocked: ['已拦截', 'Blocked'],
  seen: ['仅记录，已放行', 'Recorded, passed'],
  app: ['调用方', 'Caller'],
  call: ['调用', 'Call'],
  show: ['查看', 'Show'],
  showCall: ['查看这次调用', 'Show this call'],
  except: ['例外…', 'Exception…'],
  refresh: ['刷新', 'Refresh'],
  help: [
    'XSS 与 SQL 注入检查发现的值，最近的在前，查自各网关的访问日志。只显示结构，不显示值本身；需要看报文时打开这次调用。',
    'Values that the XSS and SQL injection checks found, the newest first, from the access logs of the gateways. Only their structure is shown, never the value; open the call to read its body.',
  ],
  empty: ['没有命中', 'No hits'],
  emptyNext: [
    '启用了 XSS 或 SQL 注入检查的接口没有收到可疑内容；访问日志只保留最近的调用。',
    'Interfaces with the XSS or SQL injection check received nothing suspicious. The access log keeps the latest calls only.',
  ],
  nobody: ['没有网关应答，因此什么也没有查到', 'No gateway replied, so nothing was searched'],
  readTo: ['只查到 {{at}} 为止。', 'Searched back to {{at}}.'],
  more: ['查找更早的命中', 'Find earlier hits'],
});

const QUERY = { notedBy: [...GUARDS] };

/** Lists the hits of the content checks, explains each, and makes exceptions for fields. */
export function ContentHits() {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const found = useFoundCalls(QUERY, true);
  const [excepted, setExcepted] = useState<ContentHit>();
  const columns = useColumns(setExcepted);
  const hits = found.calls.flatMap(hitsOf);
  const empty = found.gateways === 0 ? <EmptyState title={t('nobody')} /> : <EmptyState title={t('empty')} next={t('emptyNext')} />;
  if (found.error !== null) return <ErrorBox error={found.error} onRetry={() => void found.refetch()} />;
  return (
    <div className={styles.stack}>
      <div className={styles.head}>
        <p>{t('help')}</p>
        <Button icon={<RefreshCw size={16} />} aria-label={t('refresh')} onClick={() => void found.refetch()} />
      </div>
      <Table<ContentHit>
        aria-label={t('label')}
        size="small"
        rowKey={({ call, policy, where, structure }) => `${keyOf(call)} ${policy} ${where} ${structure}`}
        columns={columns}
        dataSource={hits}
        loading={found.isPending}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: found.isPending ? ' ' : empty }}
      />
      {found.hasNextPage ? (
        <div className={styles.head}>
          <span>{found.readTo === undefined ? '' : t('readTo', { at: format.time(found.readTo) })}</span>
          <Button loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      ) : null}
      {excepted === undefined ? null : <ExceptionDialog hit={excepted} onClose={() => setExcepted(undefined)} />}
    </div>
  );
}

function useColumns(onExcept: (hit: ContentHit) => void): TableColumnsType<ContentHit> {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const carrierOf = useTexts(CARRIER_TEXTS);
  const { labelOf } = useStageWords();
  const { interfaceName, appName } = useNames();
  return [
    { key: 'at', title: t('at'), render: (_value, { call }) => <TimeText at={call.at} /> },
    {
      key: 'interface',
      title: t('interface'),
      render: (_value, { interfaceId, call: { appId } }) => (
        <span className={styles.lines}>
          <Link to={`/interfaces/${interfaceId}`}>{interfaceName(interfaceId) ?? interfaceId}</Link>
          {appId === undefined ? null : (
            <span className={styles.quiet}>
              {t('app')} <Link to={`/callers/${encodeURIComponent(appId)}`}>{appName(appId) ?? appId}</Link>
            </span>
          )}
        </span>
      ),
    },
    {
      key: 'check',
      title: t('check'),
      render: (_value, { policy, isBlocked }) => (
        <span className={styles.lines}>
          {labelOf(policy)}
          <span>
            <Tag tone={isBlocked ? 'red' : 'amber'} icon={isBlocked ? Ban : Eye}>
              {t(isBlocked ? 'blocked' : 'seen')}
            </Tag>
          </span>
        </span>
      ),
    },
    {
      key: 'where',
      title: t('where'),
      render: (_value, { carrier, field, isName }) => (
        <span className={styles.where}>
          {carrierOf(carrier)} <code>{field}</code>
          {isName ? ` ${t('name')}` : null}
        </span>
      ),
    },
    {
      key: 'why',
      title: t('why'),
      render: (_value, { structure, shape }) => (
        <span className={styles.lines}>
          {text(STRUCTURE_TEXTS[structure])}
          <code className={styles.quiet}>{shape}</code>
        </span>
      ),
    },
    {
      key: 'call',
      title: t('call'),
      render: (_value, hit) => (
        <span className={styles.lines}>
          <Link aria-label={t('showCall')} to={callAddress(hit.call)}>
            {t('show')}
          </Link>
          {may('interfaces.edit') ? (
            <Button size="small" icon={<ShieldCheck size={14} />} onClick={() => onExcept(hit)}>
              {t('except')}
            </Button>
          ) : null}
        </span>
      ),
    },
  ];
}
