import { Button } from 'antd';
import { BellOff, BellRing } from 'lucide-react';
import { useState } from 'react';
import type { ShownSilence } from '../../api/operations.ts';
import { useListOf, useMutationOf } from '../../api/queries.ts';
import { useMay } from '../../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { DataTable } from '../../kit/table/data-table.tsx';
import { EmptyState } from '../../kit/feedback/empty-state.tsx';
import { TimeText } from '../../kit/time/time-text.tsx';
import { SilenceDialog } from './silence-dialog.tsx';

const TEXTS = defineTexts({
  label: ['告警屏蔽', 'Silences'],
  create: ['新建屏蔽', 'New silence'],
  what: ['屏蔽什么', 'What'],
  all: ['所有告警', 'Every alarm'],
  subject: ['对象', 'About'],
  whole: ['全部', 'Everything'],
  until: ['直到', 'Until'],
  by: ['设置人', 'Set by'],
  end: ['结束屏蔽', 'End the silence'],
  endEffect: ['立即恢复通知。', 'Receivers are notified again immediately.'],
  empty: ['没有屏蔽的告警', 'Nothing is silenced'],
  emptyNext: [
    '检修前可屏蔽告警一段时间：照常列出，但不通知。',
    'Silence alarms for a while before maintenance: they are listed, but no one is notified.',
  ],
});

export function AlarmSilences() {
  const t = useTexts(TEXTS);
  const text = useText();
  const may = useMay();
  const silences = useListOf('alarms.silences', {});
  const [isOpen, setOpen] = useState(false);
  const create = may('alarms.acknowledge') ? (
    <Button type="primary" icon={<BellOff size={16} />} onClick={() => setOpen(true)}>
      {t('create')}
    </Button>
  ) : null;
  const what = ({ label }: ShownSilence) => (label === undefined ? t('all') : text(label));
  return (
    <>
      <DataTable<ShownSilence>
        label={t('label')}
        rows={silences.data?.items}
        rowKey={({ silenceId }) => silenceId}
        searchText={(silence) => `${what(silence)} ${silence.subject ?? ''} ${silence.by}`}
        columns={[
          { key: 'what', title: t('what'), value: what, render: what },
          {
            key: 'subject',
            title: t('subject'),
            value: ({ subject }) => subject ?? '',
            render: ({ subject = '' }) => (subject === '' ? t('whole') : <code>{subject}</code>),
          },
          { key: 'until', title: t('until'), value: ({ until }) => until, render: ({ until }) => <TimeText at={until} /> },
          { key: 'by', title: t('by'), value: ({ by }) => by, render: ({ by }) => by },
          { key: 'acts', title: '', width: 48, render: (silence) => <End silence={silence} what={what(silence)} /> },
        ]}
        isLoading={silences.isPending}
        error={silences.error}
        onRefresh={() => void silences.refetch()}
        empty={<EmptyState needs="alarms.acknowledge" title={t('empty')} next={t('emptyNext')} />}
        actions={create}
        exportName="silences"
      />
      {isOpen ? <SilenceDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function End({ silence: { silenceId }, what }: { readonly silence: ShownSilence; readonly what: string }) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const confirm = useConfirm();
  const end = useMutationOf('alarms.end-silence');
  if (!may('alarms.acknowledge')) return null;
  const ask = () => confirm({ title: t('end'), effect: t('endEffect'), verb: t('end'), run: () => end.mutateAsync({ silenceId }) });
  return (
    <Button type="text" size="small" icon={<BellRing size={16} />} title={t('end')} aria-label={`${t('end')}: ${what}`} onClick={ask} />
  );
}
