import { Descriptions } from 'antd';
import type { AuditLine } from '../../api/outputs.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { CodeEditor } from '../../parts/code-editor.tsx';
import { CopyText } from '../../parts/copy-text.tsx';
import { TimeText } from '../../parts/time-text.tsx';
import { useActionName } from './use-action-name.ts';

const TEXTS = defineTexts({
  number: ['序号', 'Number'],
  at: ['时间', 'When'],
  actor: ['操作人', 'Who'],
  via: ['登录方式', 'By way of'],
  from: ['来源地址', 'From'],
  action: ['操作', 'What'],
  subject: ['对象', 'On what'],
  reason: ['理由', 'Why'],
  outcome: ['结果', 'Outcome'],
  before: ['之前', 'Before'],
  after: ['之后', 'After'],
  session: ['浏览器会话', 'Browser session'],
  token: ['命令行令牌', 'Command line token'],
  system: ['平台自身', 'The platform itself'],
});

/** Everything that a line of the trail holds. Secrets are never part of it. */
export function AuditLineDetails({ line }: { readonly line: AuditLine }) {
  const t = useTexts(TEXTS);
  const nameOf = useActionName();
  const via = line.via === 'session' || line.via === 'token' || line.via === 'system' ? t(line.via) : line.via;
  const rows = [
    ['number', line.number],
    ['at', <TimeText key="at" at={line.at} />],
    ['actor', line.actor],
    ['via', via],
    ['from', line.from],
    ['action', `${nameOf(line.action)} (${line.action})`],
    ['subject', line.subject === undefined ? undefined : <CopyText key="subject" text={line.subject} />],
    ['reason', line.reason],
    ['outcome', line.outcome],
    ['before', json(line.before, t('before'))],
    ['after', json(line.after, t('after'))],
  ] as const;
  return (
    <Descriptions
      column={1}
      size="small"
      bordered
      items={rows.filter(([, value]) => value !== undefined).map(([key, value]) => ({ key, label: t(key), children: value }))}
    />
  );
}

function json(value: unknown, label: string) {
  return value === undefined ? undefined : (
    <CodeEditor key={label} label={label} language="json" isReadOnly value={JSON.stringify(value, null, 2)} />
  );
}
