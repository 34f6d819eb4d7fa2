import { Collapse, Descriptions } from 'antd';
import { Link } from 'react-router';
import type { NamedAct } from '../../api/operations.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../kit/code/code-editor.tsx';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import styles from './audit-page.module.css';
import { FieldChanges } from './field-changes.tsx';
import { useOutcomeWords } from './outcome-words.ts';
import { useActionName } from './use-action-name.ts';

const TEXTS = defineTexts({
  number: ['序号', 'Number'],
  at: ['开始', 'Begun'],
  endedAt: ['结束', 'Ended'],
  actor: ['操作人', 'Who'],
  via: ['登录方式', 'Client'],
  from: ['来源地址', 'From'],
  action: ['操作', 'What'],
  object: ['对象', 'Object'],
  reason: ['理由', 'Why'],
  outcome: ['结果', 'Outcome'],
  session: ['浏览器会话', 'Browser session'],
  token: ['命令行令牌', 'Command line token'],
  system: ['平台自身', 'The platform itself'],
  raw: ['原始记录', 'As recorded'],
});

/** The pages of the objects that an entry of the audit trail can be about. */
const PAGES = {
  flow: '/flows/',
  adapter: '/adapters/',
  table: '/code-tables/',
  interface: '/interfaces/',
  app: '/callers/',
  account: undefined,
} as const;

/** Shows everything that the audit trail stores about an action. It never contains secrets. */
export function ActDetails({ act }: { readonly act: NamedAct }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const nameOf = useActionName();
  const outcomeOf = useOutcomeWords();
  const { object, subject, via } = act;
  const page = object === undefined ? undefined : PAGES[object.kind];
  const name = object === undefined ? undefined : text(object.name);
  const rows = [
    ['action', nameOf(act.action)],
    ['outcome', outcomeOf(act)],
    [
      'object',
      subject === undefined ? undefined : (
        <span className={styles.object}>
          {name === undefined ? null : page === undefined ? name : <Link to={`${page}${encodeURIComponent(object!.id)}`}>{name}</Link>}
          <CopyText text={subject} />
        </span>
      ),
    ],
    ['reason', act.reason],
    ['actor', act.actor],
    ['via', via === 'session' || via === 'token' || via === 'system' ? t(via) : via],
    ['from', act.from],
    ['at', <TimeText key="at" at={act.at} />],
    ['endedAt', act.endedAt === undefined ? undefined : <TimeText key="endedAt" at={act.endedAt} />],
    ['number', act.number],
  ] as const;
  return (
    <div className={styles.details}>
      <Descriptions
        column={1}
        size="small"
        bordered
        items={rows.filter(([, value]) => value !== undefined).map(([key, value]) => ({ key, label: t(key), children: value }))}
      />
      <FieldChanges before={act.before} after={act.after} />
      {act.before === undefined && act.after === undefined ? null : (
        <Collapse
          ghost
          items={[
            {
              key: 'raw',
              label: t('raw'),
              children: (
                <CodeEditor
                  label={t('raw')}
                  language="json"
                  isReadOnly
                  value={JSON.stringify({ action: act.action, before: act.before, after: act.after }, null, 2)}
                />
              ),
            },
          ]}
        />
      )}
    </div>
  );
}
