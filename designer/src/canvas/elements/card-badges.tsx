/**
 * The badges of a card: the result of the last run, the number of problems, current traffic, and settings that differ
 * from the usual ones.
 */
import { Tooltip } from 'antd';
import { Activity, CircleAlert, FlaskConical, PowerOff, TriangleAlert, Unlink } from 'lucide-react';
import { memo } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { useEditor } from '../../editor/state/editor-context.tsx';
import type { NodeRun } from '../../editor/state/editor-store.ts';
import { useFormat } from '../../i18n/format.ts';
import { useCanvasTexts } from '../state/canvas-context.tsx';
import type { Problem } from '../../model/problems/issues.ts';
import styles from './card-badges.module.css';
import { RUN_ICONS, RUN_TEXTS, STATE_TEXTS } from '../../editor/state/node-looks.ts';

interface Props {
  readonly id: string;
  readonly isDisabled: boolean;
  readonly isLoose: boolean;
}

export const CardBadges = memo(function CardBadges({ id, isDisabled, isLoose }: Props) {
  const t = useCanvasTexts(STATE_TEXTS);
  const { run, perMinute, failed, hasSample, errors, warnings } = useEditor(
    useShallow(({ overlay, live, samples, problems }) => ({
      run: overlay?.nodes[id],
      perMinute: live?.nodes[id]?.perMinute,
      failed: live?.nodes[id]?.failed ?? 0,
      hasSample: samples[id] !== undefined,
      ...countsOf(problems.ofNode(id)),
    })),
  );
  return (
    <>
      <span className={styles.top}>
        {isDisabled ? <Badge text={t('disabled')} tone="grey" icon={PowerOff} /> : null}
        {isLoose ? <Badge text={t('loose')} tone="grey" icon={Unlink} /> : null}
        {hasSample ? <Badge text={t('sample')} tone="grey" icon={FlaskConical} /> : null}
        {errors + warnings === 0 ? null : <Problems errors={errors} warnings={warnings} />}
        {run === undefined ? null : <RunBadge run={run} />}
      </span>
      {perMinute === undefined ? null : <Rate perMinute={perMinute} failed={failed} />}
    </>
  );
});

function Badge({ text, tone, icon: Icon }: { readonly text: string; readonly tone: string; readonly icon: typeof CircleAlert }) {
  return (
    <Tooltip title={text}>
      <span className={`${styles.badge} ${styles[tone]}`} role="img" aria-label={text}>
        <Icon size={14} aria-hidden />
      </span>
    </Tooltip>
  );
}

const RUN_TONES = {
  completed: 'green',
  failed: 'red',
  held: 'violet',
  running: 'blue',
  waiting: 'amber',
  skipped: 'grey',
  cancelled: 'grey',
} as const;
/** States that are also shown in words, not only as an icon, because users look for them. */
const WORDED: ReadonlySet<NodeRun['status']> = new Set(['failed', 'held', 'waiting']);

function RunBadge({ run }: { readonly run: NodeRun }) {
  const t = useCanvasTexts(RUN_TEXTS);
  const state = useCanvasTexts(STATE_TEXTS);
  const format = useFormat();
  const { status, durationMs, attempt, errorCode } = run;
  if (status === 'not-reached') return null;
  const Icon = RUN_ICONS[status];
  const tries = attempt === undefined || attempt < 2 ? [] : [state('attempt', { count: attempt })];
  const words = [
    t(status),
    ...(durationMs === undefined ? [] : [format.duration(durationMs)]),
    ...tries,
    ...(errorCode === undefined ? [] : [errorCode]),
  ];
  return (
    <Tooltip title={words.join(' · ')}>
      <span
        className={`${styles.badge} ${WORDED.has(status) ? styles.worded : styles.strong} ${styles[RUN_TONES[status]]}`}
        role="img"
        aria-label={words.join(' · ')}
      >
        <Icon size={16} aria-hidden className={status === 'running' ? (styles.turning ?? '') : ''} />
        {WORDED.has(status) ? <span>{t(status)}</span> : null}
      </span>
    </Tooltip>
  );
}

function Problems({ errors, warnings }: { readonly errors: number; readonly warnings: number }) {
  const t = useCanvasTexts(STATE_TEXTS);
  const words = [
    ...(errors === 0 ? [] : [errors === 1 ? t('problemOne') : t('problem', { count: errors })]),
    ...(warnings === 0 ? [] : [warnings === 1 ? t('warningOne') : t('warning', { count: warnings })]),
  ].join(' · ');
  const Icon = errors === 0 ? TriangleAlert : CircleAlert;
  return (
    <Tooltip title={words}>
      <span className={`${styles.badge} ${styles[errors === 0 ? 'amber' : 'red']}`} role="img" aria-label={words}>
        <Icon size={14} aria-hidden />
        <span>{errors || warnings}</span>
      </span>
    </Tooltip>
  );
}

function Rate({ perMinute, failed }: { readonly perMinute: number; readonly failed: number }) {
  const t = useCanvasTexts(STATE_TEXTS);
  const format = useFormat();
  const words = [
    t('rateFull', { count: format.number(perMinute) }),
    ...(failed === 0 ? [] : [t('failures', { count: format.number(failed) })]),
  ].join(' · ');
  return (
    <Tooltip title={words}>
      <span className={`${styles.rate} ${failed === 0 ? '' : styles.red}`} role="img" aria-label={words}>
        <Activity size={12} aria-hidden />
        {t('rate', { count: format.number(Math.round(perMinute)) })}
      </span>
    </Tooltip>
  );
}

function countsOf(problems: readonly Problem[]): { readonly errors: number; readonly warnings: number } {
  const errors = problems.filter(({ issue }) => issue.severity === 'error').length;
  return { errors, warnings: problems.length - errors };
}
