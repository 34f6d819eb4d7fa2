import { Alert, Button, Modal, Progress } from 'antd';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ErrorBox } from './error-box.tsx';

const TEXTS = defineTexts({
  stop: ['停止', 'Stop'],
  close: ['关闭', 'Close'],
  stopped: ['已停止。已完成的部分保留，其余未动。', 'Stopped. Completed items stay completed, the rest is unchanged.'],
});

export interface Work<T> {
  readonly title: string;
  run(
    report: (progress: { readonly done: number; readonly of: number; readonly note?: ReactNode }) => void,
    signal: AbortSignal,
  ): Promise<T>;
  /** Renders the result. */
  readonly show: (result: T) => ReactNode;
  /** Tells the user in which state the work is after they have stopped it. */
  readonly stopped?: string;
}

/**
 * Runs long work and shows its progress, a stop button and its result. The work runs once, when the dialog is
 * mounted.
 */
export function ProgressDialog<T>({ work, onClose }: { readonly work: Work<T>; readonly onClose: () => void }) {
  const t = useTexts(TEXTS);
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number; readonly note?: ReactNode }>({ done: 0, of: 0 });
  const [outcome, setOutcome] = useState<{ readonly result: T } | { readonly error: unknown } | 'stopped'>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => {
    const controller = new AbortController();
    stop.current = controller;
    work.run(setProgress, controller.signal).then(
      (result) => setOutcome({ result }),
      (error: unknown) => setOutcome(controller.signal.aborted ? 'stopped' : { error }),
    );
    return () => controller.abort();
  }, [work]);
  const isRunning = outcome === undefined;
  return (
    <Modal
      open
      title={work.title}
      closable={!isRunning}
      maskClosable={false}
      onCancel={onClose}
      footer={
        isRunning ? <Button onClick={() => stop.current?.abort()}>{t('stop')}</Button> : <Button onClick={onClose}>{t('close')}</Button>
      }
    >
      <Progress
        aria-label={work.title}
        percent={progress.of === 0 ? 0 : Math.round((progress.done / progress.of) * 100)}
        status={isRunning ? 'active' : 'normal'}
      />
      <div aria-live="polite">
        {progress.of === 0 ? null : `${progress.done} / ${progress.of} `}
        {progress.note}
      </div>
      {outcome === 'stopped' ? <Alert type="warning" showIcon title={work.stopped ?? t('stopped')} /> : null}
      {outcome !== undefined && outcome !== 'stopped' && 'error' in outcome ? <ErrorBox error={outcome.error} /> : null}
      {outcome !== undefined && outcome !== 'stopped' && 'result' in outcome ? work.show(outcome.result) : null}
    </Modal>
  );
}
