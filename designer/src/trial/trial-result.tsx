import { Collapse } from 'antd';
import { CircleCheck, CircleSlash, CircleX, Unplug, type LucideIcon } from 'lucide-react';
import type { TrialAnswer } from '../../../control/actions/trials.ts';
import { errorText, type Language } from '../../../engine/contract/error-texts.ts';
import { RUN_TEXTS } from '../canvas/node-looks.ts';
import { useEditor, useEditorStore } from '../editor/editor-context.tsx';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { Tag, type Tone } from '../parts/status-tag.tsx';
import { DataViewer } from '../viewer/data-viewer.tsx';
import styles from './trial.module.css';

const TEXTS = defineTexts({
  // The words of the canvas, where a trial means the same.
  ...RUN_TEXTS,
  held: ['会停下，待人工处理', 'Would be held for a person'],
  waiting: ['停在等待节点', 'Stopped at a wait'],
  stopped: ['已停止', 'Stopped'],
  reply: ['回复 {{status}}', 'Reply {{status}}'],
  steps: ['每个节点', 'Each node'],
  input: ['输入', 'Input'],
  output: ['输出 {{port}}', 'Output {{port}}'],
  wrote: ['真实写入了：{{nodes}}', 'Really wrote: {{nodes}}'],
  more: ['另有 {{count}} 步未显示', '{{count}} further steps are not shown'],
});

type Status = TrialAnswer['status'] | TrialAnswer['steps'][number]['status'];
type Step = TrialAnswer['steps'][number];

const LOOKS: Readonly<Partial<Record<Status, { readonly tone: Tone; readonly icon: LucideIcon }>>> = {
  completed: { tone: 'green', icon: CircleCheck },
  failed: { tone: 'red', icon: CircleX },
  skipped: { tone: 'grey', icon: CircleSlash },
  'not-reached': { tone: 'amber', icon: Unplug },
};

/** What came of a trial: the reply, then each node in the order in which they ran. */
export function TrialResult({ answer }: { readonly answer: TrialAnswer }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const format = useFormat();
  const { select } = useEditorStore().getState();
  const nodes = useEditor(({ history }) => history.document.nodes);
  const label = (id: string) => nodes.find((node) => node.id === id)?.label ?? id;
  const { reply, error, steps, wrote, stepsLeftOut } = answer;
  return (
    <div className={styles.result} aria-live="polite">
      <Outcome status={answer.status} />
      {error === undefined ? null : <p>{toldOf(error, language)}</p>}
      {wrote.length === 0 ? null : <p>{t('wrote', { nodes: format.list(wrote.map(label)) })}</p>}
      {reply === undefined ? null : <DataViewer message={reply.message} label={t('reply', { status: reply.status })} />}
      <h3>{t('steps')}</h3>
      <Collapse
        size="small"
        onChange={(keys) => {
          const step = steps[Number([keys].flat().at(-1))];
          if (step !== undefined) select({ nodes: [step.node] });
        }}
        items={steps.map((step, index) => ({
          key: String(index),
          label: <StepTitle step={step} label={label(step.node)} />,
          children: <StepData step={step} />,
        }))}
      />
      {stepsLeftOut === 0 ? null : <p>{t('more', { count: stepsLeftOut })}</p>}
    </div>
  );
}

function Outcome({ status }: { readonly status: Status }) {
  const t = useTexts(TEXTS);
  const { tone, icon } = LOOKS[status] ?? { tone: 'violet', icon: CircleSlash };
  return (
    <div>
      <Tag tone={tone} icon={icon}>
        {t(status)}
      </Tag>
    </div>
  );
}

function StepTitle({ step, label }: { readonly step: Step; readonly label: string }) {
  const format = useFormat();
  return (
    <span className={styles.step}>
      <span className={styles.label}>
        {label} {step.scope}
      </span>
      {step.status === 'skipped' ? null : <span className={styles.hint}>{format.duration(step.durationMs)}</span>}
      <Outcome status={step.status} />
    </span>
  );
}

function StepData({ step: { input, output = {}, error } }: { readonly step: Step }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <div className={styles.result}>
      {error === undefined ? null : <p className={styles.bad}>{toldOf(error, language)}</p>}
      {input === undefined ? null : <DataViewer message={input} label={t('input')} />}
      {Object.entries(output).map(([port, message]) => (
        <DataViewer key={port} message={message} label={t('output', { port })} />
      ))}
    </div>
  );
}

function toldOf(error: Parameters<typeof errorText>[0], language: Language): string {
  const { what, fix } = errorText(error, language);
  return [what, fix].filter(Boolean).join(' ');
}
