import type { Output } from '../api/operation-types.ts';
import { Button, Drawer } from 'antd';
import { CircleCheck, GitCompareArrows, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useMutationOf, useQueryOf } from '../api/queries.ts';
import { useMay } from '../session/session-context.ts';
import { useEditor } from '../editor/state/editor-context.tsx';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useConfirm } from '../kit/feedback/confirm-act.tsx';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { Tag } from '../kit/feedback/status-tag.tsx';
import { TimeText } from '../kit/time/time-text.tsx';
import { FlowDifferenceView } from './flow-difference-view.tsx';
import styles from './release.module.css';

const TEXTS = defineTexts({
  version: ['版本 {{version}}', 'Version {{version}}'],
  current: ['线上', 'In service'],
  running: ['{{count}} 条未结束', '{{count}} not ended'],
  compare: ['与草稿比较', 'Compare with the draft'],
  compareTitle: ['版本 {{version}} → 草稿', 'Version {{version}} → draft'],
  rollback: ['回滚到此版本', 'Roll back to it'],
  rollbackEffect: [
    '新消息改由版本 {{version}} 处理；已接收的消息仍按接收时的版本走完。草稿不变。',
    'New messages use version {{version}}; messages that were already accepted end with their own version. The draft stays as it is.',
  ],
  none: ['还没有版本', 'No versions yet'],
});

type Version = Output<'flows.versions'>['items'][number];

/** Lists versions, newest first: who published each version, when and why, and what still runs on it. */
export function VersionsList({ flowId, items }: { readonly flowId: string; readonly items: readonly Version[] }) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const may = useMay();
  const confirm = useConfirm();
  const rollback = useMutationOf('flows.rollback');
  const [compared, setCompared] = useState<number>();
  if (items.length === 0) return <p className={styles.hint}>{t('none')}</p>;
  const askToRollBack = (version: number) =>
    confirm({
      title: t('rollback'),
      effect: t('rollbackEffect', { version }),
      verb: t('rollback'),
      needsReason: true,
      run: ($reason) => rollback.mutateAsync({ flowId, version, $reason }),
    });
  return (
    <ul className={styles.list}>
      {items.map(({ version, publishedAt, publishedBy, note, isCurrent, running = 0 }) => (
        <li key={version} className={styles.version}>
          <div className={styles.versionText}>
            <div className={styles.changeTitle}>
              {t('version', { version })}
              {isCurrent ? (
                <Tag tone="green" icon={CircleCheck}>
                  {t('current')}
                </Tag>
              ) : null}
              {running > 0 ? <Tag tone="blue">{t('running', { count: format.number(running) })}</Tag> : null}
            </div>
            <span className={styles.hint}>
              {publishedBy} · <TimeText at={publishedAt} />
              {note === undefined ? null : ` · ${note}`}
            </span>
          </div>
          <Button
            type="text"
            icon={<GitCompareArrows size={16} />}
            title={t('compare')}
            aria-label={`${t('compare')}: ${version}`}
            onClick={() => setCompared(version)}
          />
          {may('flows.publish') && !isCurrent ? (
            <Button
              type="text"
              icon={<Undo2 size={16} />}
              title={t('rollback')}
              aria-label={`${t('rollback')}: ${version}`}
              onClick={() => askToRollBack(version)}
            />
          ) : null}
        </li>
      ))}
      <Drawer
        open={compared !== undefined}
        size={640}
        title={t('compareTitle', { version: compared ?? 0 })}
        onClose={() => setCompared(undefined)}
      >
        {compared === undefined ? null : <Compared flowId={flowId} version={compared} />}
      </Drawer>
    </ul>
  );
}

function Compared({ flowId, version }: { readonly flowId: string; readonly version: number }) {
  const draft = useEditor(({ history }) => history.document);
  const { data, error, refetch } = useQueryOf('flows.version', { flowId, version });
  if (error !== null) return <ErrorBox error={error} onRetry={() => void refetch()} />;
  return data === undefined ? null : <FlowDifferenceView before={data.document} after={draft} />;
}
