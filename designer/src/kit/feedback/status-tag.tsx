import { CircleCheck, CircleDashed, CircleSlash, CircleX, Clock3, Hand, LoaderCircle, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ExecutionStatus } from '../../api/operations.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './status-tag.module.css';

export type Tone = 'green' | 'amber' | 'red' | 'violet' | 'blue' | 'grey';

/** Shows a state with icon, word and colour, never by colour alone. */
export function Tag({ tone, icon: Icon, children }: { readonly tone: Tone; readonly icon?: LucideIcon; readonly children: ReactNode }) {
  return (
    <span className={`${styles.tag} ${styles[tone]}`}>
      {Icon === undefined ? null : <Icon size={14} aria-hidden />}
      {children}
    </span>
  );
}

export const STATUS_TEXTS = defineTexts({
  queued: ['排队中', 'Queued'],
  running: ['运行中', 'Running'],
  waiting: ['等待中', 'Waiting'],
  held: ['挂起', 'Held'],
  completed: ['成功', 'Completed'],
  failed: ['失败', 'Failed'],
  cancelled: ['已取消', 'Cancelled'],
});

const LOOKS: Readonly<Record<ExecutionStatus, { readonly tone: Tone; readonly icon: LucideIcon }>> = {
  queued: { tone: 'grey', icon: CircleDashed },
  running: { tone: 'blue', icon: LoaderCircle },
  waiting: { tone: 'amber', icon: Clock3 },
  held: { tone: 'violet', icon: Hand },
  completed: { tone: 'green', icon: CircleCheck },
  failed: { tone: 'red', icon: CircleX },
  cancelled: { tone: 'grey', icon: CircleSlash },
};

export function StatusTag({ status }: { readonly status: ExecutionStatus }) {
  const t = useTexts(STATUS_TEXTS);
  const { tone, icon } = LOOKS[status];
  return (
    <Tag tone={tone} icon={icon}>
      {t(status)}
    </Tag>
  );
}
