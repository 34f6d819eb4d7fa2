/** What can be done with one queue or topic. What the person may not do, they may request. */
import { App, Button, Tooltip } from 'antd';
import { ArrowRightLeft, Eraser, Eye, Trash2, type LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { useMutationOf } from '../../api/queries.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useAsk } from '../../kit/approval/use-ask.tsx';
import { useConfirm } from '../../kit/feedback/confirm-act.tsx';
import { useMay } from '../../session/session-context.ts';
import type { Destination } from './broker-texts.ts';
import styles from './brokers.module.css';
import { MoveDialog } from './move-dialog.tsx';

const TEXTS = defineTexts({
  browse: ['查看消息', 'Look at messages'],
  move: ['移动消息', 'Move messages'],
  purge: ['清空', 'Purge'],
  askPurge: ['申请清空', 'Request a purge'],
  remove: ['删除', 'Delete'],
  askRemove: ['申请删除', 'Request the deletion'],
  purgeEffect: [
    '删除“{{name}}”中的全部消息（现有约 {{count}} 条），不能恢复。正在投递的消息不受影响。',
    'Removes all messages in "{{name}}" (about {{count}} now); they cannot be restored. Messages that are being delivered stay.',
  ],
  removeEffect: [
    '删除“{{name}}”和其中的消息（现有约 {{count}} 条），不能恢复；使用它的流程和系统会失败。',
    'Deletes "{{name}}" with its messages (about {{count}} now); they cannot be restored. Flows and systems that use it will fail.',
  ],
  purged: ['已清空，删除了 {{count}} 条消息', 'Purged: {{count}} {{count|message was|messages were}} removed'],
  removed: ['已删除“{{name}}”和其中 {{count}} 条消息', 'Deleted "{{name}}" with {{count}} {{count|message|messages}}'],
});

interface DestinationActsProps {
  readonly adapterId: string;
  readonly destination: Destination;
  readonly onBrowse: () => void;
}

export function DestinationActs({ adapterId, destination, onBrowse }: DestinationActsProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const removal = useRemoval(adapterId, destination);
  const [isMoving, setMoving] = useState(false);
  const { kind, name, type, builtIn } = destination;
  const hasMessages = kind === 'queue' || type === 'log';
  const mayRemove = may('brokers.purge');
  return (
    <div className={styles.acts}>
      {hasMessages && may('executions.payload') ? <Act icon={Eye} title={t('browse')} name={name} onClick={onBrowse} /> : null}
      {hasMessages && may('brokers.edit') ? (
        <>
          <Act icon={ArrowRightLeft} title={t('move')} name={name} onClick={() => setMoving(true)} />
          <Act icon={Eraser} title={t(mayRemove ? 'purge' : 'askPurge')} name={name} onClick={removal.purge} />
        </>
      ) : null}
      {builtIn !== true && may('brokers.edit') ? (
        <Act icon={Trash2} title={t(mayRemove ? 'remove' : 'askRemove')} name={name} onClick={removal.remove} />
      ) : null}
      {isMoving ? <MoveDialog adapterId={adapterId} destination={destination} onClose={() => setMoving(false)} /> : null}
    </div>
  );
}

interface ActProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly name: string;
  readonly onClick: () => void;
}

function Act({ icon: Icon, title, name, onClick }: ActProps) {
  return (
    <Tooltip title={title}>
      <Button type="text" size="small" icon={<Icon size={16} />} aria-label={`${title}: ${name}`} onClick={onClick} />
    </Tooltip>
  );
}

function useRemoval(adapterId: string, { kind, name, messages = 0 }: Destination) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const confirm = useConfirm();
  const ask = useAsk();
  const { message } = App.useApp();
  const purge = useMutationOf('brokers.purge');
  const remove = useMutationOf('brokers.remove-destination');
  const input = { adapterId, kind, name };
  const words = { name, count: messages };
  return {
    purge() {
      const effect = t('purgeEffect', words);
      if (!may('brokers.purge')) return ask('brokers.purge', input, { about: effect });
      confirm({
        ...{ title: `${t('purge')} · ${name}`, effect, verb: t('purge'), isDangerous: true, needsReason: true },
        async run($reason) {
          const { messages: count } = await purge.mutateAsync({ ...input, $reason });
          void message.success(t('purged', { count }));
        },
      });
    },
    remove() {
      const effect = t('removeEffect', words);
      if (!may('brokers.purge')) return ask('brokers.remove-destination', input, { about: effect });
      confirm({
        ...{ title: `${t('remove')} · ${name}`, effect, verb: t('remove'), isDangerous: true, needsReason: true },
        async run($reason) {
          const { messages: count } = await remove.mutateAsync({ ...input, $reason });
          void message.success(t('removed', { name, count }));
        },
      });
    },
  };
}
