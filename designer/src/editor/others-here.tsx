/** Shows who else has this flow open, and merges the changes that they save while the author works. */
import { App, Tooltip } from 'antd';
import { useQuery } from '@tanstack/react-query';
import { Eye, PencilLine } from 'lucide-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { call, readList } from '../api/client.ts';
import { useLive } from '../api/live.ts';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { flowDifference } from '../model/flow/flow-difference.ts';
import type { DraftKeeper } from './draft/draft-keeper.ts';
import styles from './editor-header.module.css';

const VISIT_MS = 15_000;

const TEXTS = defineTexts({
  here: ['也打开着这条流程的人', 'Who else has this flow open'],
  edits: ['{{who}} 也在编辑（{{when}}打开）', '{{who}} is editing it too (opened {{when}})'],
  watches: ['{{who}} 在查看（{{when}}打开）', '{{who}} is viewing it (opened {{when}})'],
  merged: ['已并入 {{who}} 的修改：{{what}}', 'Changes by {{who}} were merged: {{what}}'],
  parts: ['{{count}} 处', '{{count}} {{count|part|parts}}'],
  places: ['节点位置', 'positions of nodes'],
});

interface OthersHereProps {
  readonly flowId: string;
  readonly keeper: DraftKeeper;
}

export function OthersHere({ flowId, keeper }: OthersHereProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const visit = useQuery({
    queryKey: ['flow-visit', flowId],
    queryFn: ({ signal }) => call('flows.visit', { flowId }, { signal }),
    refetchInterval: VISIT_MS,
    gcTime: 0,
  });
  const { data } = visit;
  useEffect(() => {
    if (data === undefined) return;
    if (data.revision === undefined) keeper.removed();
    else void keeper.follow(data.revision).catch(() => undefined);
  }, [data, keeper]);
  useLive<{ readonly flowId: string; readonly revision: number }>('draft', (saved) => {
    if (saved.flowId === flowId) void keeper.follow(saved.revision).catch(() => undefined);
  });
  useEffect(() => () => void call('flows.visit', { flowId, isLeaving: true }).catch(() => undefined), [flowId]);
  useMergeNotice(flowId, keeper);
  const others = data?.others ?? [];
  if (others.length === 0) return null;
  return (
    <ul className={styles.others} aria-label={t('here')}>
      {others.map(({ account, mayEdit, since }) => {
        const words = t(mayEdit ? 'edits' : 'watches', { who: account, when: format.ago(since) });
        return (
          <li key={account}>
            <Tooltip title={words}>
              <span className={styles.other} tabIndex={0} aria-label={words}>
                {mayEdit ? <PencilLine size={12} aria-hidden /> : <Eye size={12} aria-hidden />}
                {account}
              </span>
            </Tooltip>
          </li>
        );
      })}
    </ul>
  );
}

/** Tells the author that another user's changes were merged: whose changes, and how many. */
function useMergeNotice(flowId: string, keeper: DraftKeeper): void {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const last = useStore(keeper.merged, (state) => state.last);
  useEffect(() => {
    if (last === undefined) return;
    let isOver = false;
    const { count } = flowDifference(last.base, last.theirs);
    const what = count === 0 ? t('places') : t('parts', { count });
    void readList('flows.revisions', { flowId })
      .then(({ items }) => items.find(({ id }) => id === String(last.theirs.revision))?.savedBy)
      .catch(() => undefined)
      .then((who) => {
        if (!isOver) void message.info(t('merged', { who: who ?? '…', what }), 6);
      });
    return () => {
      isOver = true;
    };
  }, [last, flowId, message, t]);
}
