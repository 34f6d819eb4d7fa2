import { Collapse, Descriptions } from 'antd';
import { Link } from 'react-router';
import type { NamedAct } from '../../api/outputs.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../parts/code-editor.tsx';
import { CopyText } from '../../parts/copy-text.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import styles from './audit-page.module.css';
import { changedFields } from './changed-fields.ts';
import { useFieldWords } from './field-words.ts';
import { useOutcomeWords } from './outcome-words.ts';
import { useActionName } from './use-action-name.ts';

const TEXTS = defineTexts({
  number: ['序号', 'Number'],
  at: ['开始', 'Begun'],
  endedAt: ['结束', 'Ended'],
  actor: ['操作人', 'Who'],
  via: ['登录方式', 'By way of'],
  from: ['来源地址', 'From'],
  action: ['操作', 'What'],
  object: ['对象', 'On what'],
  reason: ['理由', 'Why'],
  outcome: ['结果', 'Outcome'],
  session: ['浏览器会话', 'Browser session'],
  token: ['命令行令牌', 'Command line token'],
  system: ['平台自身', 'The platform itself'],
  changes: ['修改了什么', 'What changed'],
  field: ['字段', 'Field'],
  before: ['之前', 'Before'],
  after: ['之后', 'After'],
  none: ['（无）', '(none)'],
  same: ['没有字段变化（只移动了位置，或内容相同）', 'No field changed: things were only moved, or it was the same again'],
  raw: ['原始记录', 'As it is recorded'],
});

/** Where the things of the trail have pages of their own. */
const PAGES = {
  flow: '/flows/',
  adapter: '/adapters/',
  table: '/code-tables/',
  interface: '/interfaces/',
  app: '/callers/',
  account: undefined,
} as const;

/** Everything that the trail holds of an act. Secrets are never part of it. */
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
      <Changes act={act} />
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

/** Revisions count saves: that one more was made is no news. */
const NO_NEWS = new Set(['revision']);

function Changes({ act }: { readonly act: NamedAct }) {
  const t = useTexts(TEXTS);
  const wordsOf = useFieldWords();
  const changes = changedFields(act.before, act.after)?.filter(({ path }) => !NO_NEWS.has(path.join('/')));
  if (changes === undefined) return null;
  return (
    <section>
      <h3 className={styles.heading}>{t('changes')}</h3>
      {changes.length === 0 ? (
        <p className={styles.hint}>{t('same')}</p>
      ) : (
        <table className={styles.changes}>
          <thead>
            <tr>
              <th scope="col">{t('field')}</th>
              <th scope="col">{t('before')}</th>
              <th scope="col">{t('after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ path, before, after }) => (
              <tr key={path.join('/')}>
                <th scope="row">{wordsOf(path)}</th>
                <td>{shown(before, t('none'))}</td>
                <td>{shown(after, t('none'))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function shown(value: unknown, none: string): string {
  if (value === undefined) return none;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
