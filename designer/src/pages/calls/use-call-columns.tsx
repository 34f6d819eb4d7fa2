/** The columns of the list of calls. */
import { Link } from 'react-router';
import type { CallLine } from '../../api/operations.ts';
import { useCauseWords } from '../../i18n/cause-words.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { Column } from '../../kit/table/data-table.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { CallResult, outcomeOf, OUTCOME_TEXTS } from './call-result.tsx';
import styles from './calls.module.css';
import { useNames } from './use-names.ts';

const TEXTS = defineTexts({
  at: ['时间', 'Time'],
  interface: ['接口', 'Interface'],
  app: ['应用', 'App'],
  path: ['方法与路径', 'Method and path'],
  result: ['结果', 'Result'],
  ms: ['耗时', 'Took'],
  ip: ['来源地址', 'Address'],
  traceId: ['追踪号', 'Trace id'],
  noInterface: ['没有匹配的接口', 'No such interface'],
  /** Refused for another reason before an interface was looked for. The column with the result says why. */
  before: ['查找接口前被拒', 'Refused before routing'],
  noApp: ['未识别', 'Not identified'],
  claimed: ['{{app}}（未证实）', '{{app}} (claimed)'],
});

export function useCallColumns(): readonly Column<CallLine>[] {
  const t = useTexts(TEXTS);
  const outcome = useTexts(OUTCOME_TEXTS);
  const format = useFormat();
  const causeOf = useCauseWords();
  const { interfaceName } = useNames();
  const appWords = useAppWords();
  return [
    { key: 'at', title: t('at'), value: ({ at }) => format.exactTime(at), render: ({ at }) => <TimeText at={at} /> },
    {
      key: 'interface',
      title: t('interface'),
      value: ({ interfaceId }) => interfaceId,
      render: ({ interfaceId, code }) =>
        interfaceId === undefined ? (
          <span className={styles.quiet}>{t(code === 'GW40401' || code === 'GW40501' ? 'noInterface' : 'before')}</span>
        ) : (
          <Link to={`/interfaces/${interfaceId}`}>{interfaceName(interfaceId) ?? interfaceId}</Link>
        ),
    },
    { key: 'app', title: t('app'), value: ({ appId, claimedAppId }) => appId ?? claimedAppId, render: appWords },
    {
      key: 'path',
      title: t('path'),
      value: ({ method, path }) => `${method ?? ''} ${path ?? ''}`,
      render: ({ method, path }) => (
        <code className={styles.path}>
          {method} {path}
        </code>
      ),
    },
    {
      key: 'result',
      title: t('result'),
      value: (line) => [outcome(outcomeOf(line)), line.status, line.code, line.code && causeOf(line.code).what].filter(Boolean).join(' '),
      render: (line) => <CallResult call={line} />,
    },
    { key: 'ms', title: t('ms'), align: 'right', value: ({ ms }) => ms, render: ({ ms }) => format.duration(ms) },
    { key: 'ip', title: t('ip'), value: ({ ip }) => ip, render: ({ ip }) => <code>{ip}</code> },
  ];
}

/** Returns a function that shows the app of a call: its name, or what the request claimed without proof. */
export function useAppWords(): (call: CallLine) => React.ReactNode {
  const t = useTexts(TEXTS);
  const { appName } = useNames();
  return ({ appId, claimedAppId }) => {
    if (appId !== undefined) return <Link to={`/callers/${encodeURIComponent(appId)}`}>{appName(appId) ?? appId}</Link>;
    if (claimedAppId === undefined) return <span className={styles.quiet}>{t('noApp')}</span>;
    return <Link to={`/callers/${encodeURIComponent(claimedAppId)}`}>{t('claimed', { app: appName(claimedAppId) ?? claimedAppId })}</Link>;
  };
}
