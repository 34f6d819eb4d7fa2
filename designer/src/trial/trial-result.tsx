import { Alert, Collapse } from 'antd';
import { CircleCheck, CircleSlash, CircleX, Unplug, type LucideIcon } from 'lucide-react';
import type { TrialAnswer } from '../api/operations.ts';
import type { FlowTest } from '../../../engine/contract/flow/flow-document.ts';
import { RUN_TEXTS } from '../editor/state/node-looks.ts';
import { useEditor, useEditorStore } from '../editor/state/editor-context.tsx';
import { useFormat } from '../i18n/format.ts';
import { sentences } from '../i18n/sentences.ts';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { useErrorText } from '../kit/feedback/use-error-text.ts';
import { nodeField } from '../model/problems/field-names.ts';
import { missingFields, type OfferedShapes } from '../model/samples/offered-shapes.ts';
import { Tag, type Tone } from '../kit/feedback/status-tag.tsx';
import { DataViewer } from '../viewer/data-viewer.tsx';
import styles from './trial.module.css';

const TEXTS = defineTexts({
  // The words of the canvas for the states of a node; they mean the same in a trial.
  ...RUN_TEXTS,
  held: ['会停下，待人工处理', 'Would be held for a decision'],
  waiting: ['停在等待节点', 'Stopped at a wait'],
  stopped: ['已停止', 'Stopped'],
  reply: ['回复 {{status}}', 'Reply {{status}}'],
  steps: ['每个节点', 'Each node'],
  input: ['输入', 'Input'],
  output: ['输出 {{port}}', 'Output {{port}}'],
  wrote: ['真实写入了：{{nodes}}', 'Real writes: {{nodes}}'],
  mocked: ['模拟应答', 'Mocked response'],
  missing: [
    '按服务描述，发给“{{node}}”的请求缺少 {{fields}}；真实调用可能被拒绝。',
    'According to the service’s description, the request to "{{node}}" is missing {{fields}}; a real call may be refused.',
  ],
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

/** The result of a trial: the reply, then each node in the order of execution. */
interface TrialResultProps {
  readonly answer: TrialAnswer;
  readonly mocks: FlowTest['mocks'];
  readonly offered: OfferedShapes;
}

export function TrialResult({ answer, mocks, offered }: TrialResultProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  const { select } = useEditorStore().getState();
  const nodes = useEditor(({ history }) => history.document.nodes);
  const label = (id: string) => nodes.find((node) => node.id === id)?.label ?? id;
  const { reply, error, steps, wrote, stepsLeftOut } = answer;
  return (
    <div className={styles.result} aria-live="polite">
      <Outcome status={answer.status} />
      {error === undefined ? null : <StepError error={error} nodeId={steps.find(({ status }) => status === answer.status)?.node} />}
      {steps.flatMap(({ node: id, input }) => {
        const node = nodes.find((one) => one.id === id);
        const fields = node === undefined || input?.form !== 'json' ? [] : missingFields(node, offered, input.data);
        return fields.length === 0
          ? []
          : [<Alert key={id} type="warning" showIcon title={t('missing', { node: label(id), fields: format.list(fields) })} />];
      })}
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
          label: <StepTitle step={step} label={label(step.node)} isMocked={Object.hasOwn(mocks, step.node)} />,
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

interface StepTitleProps {
  readonly step: Step;
  readonly label: string;
  /** True if a mock replied instead of the real system. */
  readonly isMocked: boolean;
}

function StepTitle({ step, label, isMocked }: StepTitleProps) {
  const t = useTexts(TEXTS);
  const format = useFormat();
  return (
    <span className={styles.step}>
      <span className={styles.label}>
        {label} {step.scope}
      </span>
      {isMocked ? <span className={styles.hint}>{t('mocked')}</span> : null}
      {step.status === 'skipped' ? null : <span className={styles.hint}>{format.duration(step.durationMs)}</span>}
      <Outcome status={step.status} />
    </span>
  );
}

function StepData({ step: { node, input, output = {}, error } }: { readonly step: Step }) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.result}>
      {error === undefined ? null : <StepError error={error} nodeId={node} />}
      {input === undefined ? null : <DataViewer message={input} label={t('input')} />}
      {Object.entries(output).map(([port, message]) => (
        <DataViewer key={port} message={message} label={t('output', { port })} />
      ))}
    </div>
  );
}

interface StepErrorProps {
  readonly error: NonNullable<Step['error']>;
  /** The node that failed or was not reached; absent if there is none. */
  readonly nodeId: string | undefined;
}

/** Shows the error of a step, with a link to the field that it is about. */
function StepError({ error, nodeId }: StepErrorProps) {
  const language = useLanguage();
  const types = useEditor((editor) => editor.types);
  const node = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId));
  const { openField } = useEditorStore().getState();
  const { what, fix } = useErrorText(error)(error);
  if (node === undefined) return <p className={styles.bad}>{sentences(what, fix)}</p>;
  const field = fieldOf(error);
  const name = field === '' ? '' : nodeField(types, node.type, field, language).label;
  return (
    <button type="button" className={styles.problem} onClick={() => openField(node.id, field)}>
      <strong>{[node.label, name].filter(Boolean).join(' · ')}</strong>
      <span className={styles.bad}>{what}</span>
      {fix === undefined ? null : <span className={styles.hint}>{fix}</span>}
    </button>
  );
}

/**
 * Returns the form field to open for an error. A failed rule of a mapping is edited in the mapping, so this is the
 * field of the mapping.
 */
function fieldOf({ values }: StepErrorProps['error']): string {
  return values?.['rule'] === undefined ? '' : '/config/mapping';
}
