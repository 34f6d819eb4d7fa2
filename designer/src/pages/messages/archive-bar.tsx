import { Alert, Button } from 'antd';
import { Archive, Square } from 'lucide-react';
import { useState } from 'react';
import type { ArchiveRun } from '../../api/operations.ts';
import { callWithProgress } from '../../api/client.ts';
import { useMutationOf, useQueryOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { ProgressDialog, type Work } from '../../kit/feedback/progress-dialog.tsx';
import styles from './messages-page.module.css';

const TEXTS = defineTexts({
  about: [
    '归档中有 {{days}} 天、{{count}} 条消息。接收满 {{afterDays}} 天且已结束的消息每小时自动移入归档；仍须防重复的暂不移入。',
    '{{days}} {{days|day|days}} with {{count}} {{count|message|messages}} archived. Messages that arrived {{afterDays}} {{afterDays|day|days}} ago and have ended are moved here every hour; those that are still needed to recognise repetitions stay.',
  ],
  running: ['正在归档：已移入 {{archived}} 条', 'Archiving: {{archived}} moved so far'],
  wanted: ['已发起归档，等待工作进程开始', 'Requested; waiting for a worker to start'],
  done: ['上次归档 {{ago}}，移入 {{archived}} 条', 'Last written {{ago}}: {{archived}} moved'],
  stopped: ['上次归档 {{ago}} 被停止，已移入 {{archived}} 条', 'Last run was stopped {{ago}}: {{archived}} moved'],
  failed: ['上次归档 {{ago}} 失败（{{code}}），已移入 {{archived}} 条', 'Last run failed {{ago}} ({{code}}): {{archived}} moved'],
  run: ['立即归档', 'Archive now'],
  stopRun: ['停止归档', 'Stop it'],
  title: ['立即归档？', 'Archive now?'],
  effect: [
    '由一个工作进程把已到期限的消息移入归档文件。移入后仍可查看，也可作为新消息重发；不能移回。',
    'A worker moves the messages that are old enough into files. You can still view and resend them; they are not moved back.',
  ],
  waiting: ['等待工作进程开始…', 'Waiting for a worker …'],
  moved: ['已移入归档 {{count}} 条', '{{count}} {{count|message was|messages were}} moved into the archive'],
  none: ['没有到期限的消息可归档', 'No message is old enough to be archived'],
  notDone: [
    '归档没有完成（{{code}}），已移入 {{count}} 条；一小时内会自动重试。',
    'It did not complete ({{code}}); {{count}} were moved. It is retried within the hour.',
  ],
  stop: [
    '已停止：正在写的文件放弃，已移入的保留。其余一小时内自动归档。',
    'Stopped: the current file is discarded, what was moved stays moved. The rest is archived within the hour.',
  ],
});

const REFRESH_MS = 5000;

/** Shows the contents of the archive, its latest run, and a button to run it now. */
export function ArchiveBar({ onArchived }: { readonly onArchived: () => void }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const may = useMay();
  const confirm = useConfirm();
  const archive = useQueryOf('archive.get', {}, { refetchIntervalMs: REFRESH_MS });
  const stop = useMutationOf('archive.stop', ['archive']);
  const [work, setWork] = useState<Work<ArchiveRun>>();
  const { items = [], afterDays, run } = archive.data ?? {};
  if (afterDays === undefined) return null;
  const isBusy = run?.status === 'running' || run?.status === 'wanted';
  const count = format.number(items.reduce((sum, { executions }) => sum + executions, 0));
  const last = run && {
    ago: format.ago(run.seenAt),
    archived: format.number(run.archived),
    code: run.errorCode ?? '',
  };
  const runNow: Work<ArchiveRun> = {
    title: t('run'),
    stopped: t('stop'),
    async run(report, signal) {
      const tell = ({ status, archived, candidates }: ArchiveRun) =>
        report({ done: archived, of: Math.max(candidates, archived), ...(status === 'wanted' ? { note: t('waiting') } : {}) });
      const ended = await callWithProgress('archive.run', {}, tell, { signal });
      tell(ended);
      return ended;
    },
    show: (ended) => <Outcome run={ended} />,
  };
  const begin = () => {
    setWork(runNow);
    return Promise.resolve();
  };
  return (
    <div className={styles.archive}>
      <div>
        <div>{t('about', { days: format.number(items.length), count, afterDays })}</div>
        {run === undefined || last === undefined ? null : <div className={styles.archiveRun}>{t(run.status, last)}</div>}
      </div>
      {may('archive.run') ? (
        isBusy ? (
          <Button icon={<Square size={14} />} loading={stop.isPending} onClick={() => void stop.mutateAsync({})}>
            {t('stopRun')}
          </Button>
        ) : (
          <Button
            icon={<Archive size={16} />}
            onClick={() => confirm({ title: t('title'), effect: t('effect'), verb: t('run'), run: begin })}
          >
            {t('run')}
          </Button>
        )
      ) : null}
      {work === undefined ? null : (
        <ProgressDialog
          work={work}
          onClose={() => {
            setWork(undefined);
            void archive.refetch();
            onArchived();
          }}
        />
      )}
    </div>
  );
}

function Outcome({ run: { status, archived, errorCode = status } }: { readonly run: ArchiveRun }) {
  const t = useTexts(TEXTS);
  const count = useFormat().number(archived);
  if (status !== 'done') return <Alert type="warning" showIcon title={t('notDone', { code: errorCode, count })} />;
  return <Alert type={archived === 0 ? 'info' : 'success'} showIcon title={archived === 0 ? t('none') : t('moved', { count })} />;
}
