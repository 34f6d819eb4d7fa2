import { CircleCheck, CircleX } from 'lucide-react';
import type { NamedAct } from '../../api/operations.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { Tag } from '../../kit/feedback/status-tag.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import styles from './audit-page.module.css';
import { useOutcomeWords } from './outcome-words.ts';
import { useActionName } from './use-action-name.ts';

const TEXTS = defineTexts({
  actor: ['操作人', 'Who'],
  action: ['操作', 'What'],
  subject: ['对象', 'Object'],
  reason: ['理由', 'Why'],
  outcome: ['结果', 'Outcome'],
  at: ['时间', 'When'],
  from: ['来源地址', 'From'],
  dryRun: ['试算', 'Dry run'],
  saves: ['{{count}} 次自动保存', '{{count}} {{count|autosave|autosaves}}'],
});

/** Returns the columns of the list and of its export. */
export function useActColumns() {
  const t = useTexts(TEXTS);
  const text = useText();
  const format = useFormat();
  const nameOf = useActionName();
  const outcomeOf = useOutcomeWords();
  const objectOf = ({ object, subject }: NamedAct) => (object === undefined ? subject : `${text(object.name)} ${subject ?? ''}`);
  return [
    { key: 'at', title: t('at'), value: ({ at }: NamedAct) => format.time(at), render: ({ at }: NamedAct) => <TimeText at={at} /> },
    { key: 'actor', title: t('actor'), value: ({ actor }: NamedAct) => actor, render: ({ actor }: NamedAct) => actor },
    {
      key: 'action',
      title: t('action'),
      value: ({ action, isDryRun }: NamedAct) => `${nameOf(action)}${isDryRun === true ? ` (${t('dryRun')})` : ''}`,
      render: ({ action, isDryRun, saves }: NamedAct) => (
        <span className={styles.act}>
          <Long>{nameOf(action)}</Long>
          {isDryRun === true ? <Tag tone="grey">{t('dryRun')}</Tag> : null}
          {saves === undefined ? null : <Tag tone="grey">{t('saves', { count: saves })}</Tag>}
        </span>
      ),
    },
    {
      key: 'subject',
      title: t('subject'),
      value: objectOf,
      render: ({ object, subject }: NamedAct) =>
        subject === undefined ? (
          '—'
        ) : (
          <span className={styles.object}>
            {object === undefined || text(object.name) === subject ? null : <Long>{text(object.name)}</Long>}
            <code className={styles.id}>{subject}</code>
          </span>
        ),
    },
    { key: 'outcome', title: t('outcome'), value: outcomeOf, render: (act: NamedAct) => <Outcome act={act} words={outcomeOf(act)} /> },
    {
      key: 'reason',
      title: t('reason'),
      value: ({ reason }: NamedAct) => reason,
      render: ({ reason }: NamedAct) => (reason === undefined ? '—' : <Long>{reason}</Long>),
    },
    { key: 'from', title: t('from'), value: ({ from }: NamedAct) => from, render: ({ from }: NamedAct) => from },
  ];
}

function Long({ children }: { readonly children: string }) {
  return <span className={styles.words}>{children}</span>;
}

function Outcome({ act, words }: { readonly act: NamedAct; readonly words: string }) {
  const { outcome } = act;
  const tone = outcome === undefined ? 'grey' : outcome === 'done' ? 'green' : 'red';
  const icon = outcome === undefined ? undefined : outcome === 'done' ? CircleCheck : CircleX;
  return (
    <Tag tone={tone} {...(icon === undefined ? {} : { icon })}>
      <span className={styles.words}>{words}</span>
    </Tag>
  );
}
