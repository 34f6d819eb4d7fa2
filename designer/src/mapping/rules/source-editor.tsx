/**
 * Edits a source step by step: the original value and the functions applied to it, each with its result for the
 * sample.
 */
import { ArrowDown, CircleAlert } from 'lucide-react';
import { useId } from 'react';
import type { Operand } from '../../../../engine/contract/flow/expression-types.ts';
import type { MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { ItemButtons } from '../../kit/form/item-buttons.tsx';
import { OperandInput } from '../../node-panel/expression/operand-input.tsx';
import type { OperandMode } from '../../node-panel/expression/operand-modes.ts';
import { useDraft } from '../../kit/form/use-draft.ts';
import { JsonInput } from '../../kit/form/inputs/json-input.tsx';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { chainOf, depthOf, MOST_STEPS, sourceOf, type Chain, type ChainStep } from '../../model/mapping/source-chain.ts';
import { FunctionMenu } from './function-menu.tsx';
import { shortValue } from '../trees/row-parts.tsx';
import { stepWords } from '../../i18n/source-words.ts';
import { StepFields } from './step-fields.tsx';
import styles from './rule-panel.module.css';

const TEXTS = defineTexts({
  base: ['来源', 'Source'],
  step: ['第 {{number}} 步：{{name}}', 'Step {{number}}: {{name}}'],
  nothing: ['没有值', 'no value'],
});

const MODES: readonly OperandMode[] = ['path', 'text', 'number', 'boolean', 'json', 'expression'];

/** Values after each step for the sample; undefined if unknown. */
export type StepValues = readonly unknown[] | undefined;

interface SourceEditorProps {
  readonly source: MappingSource;
  /** The name of the value, for screen readers. */
  readonly label: string;
  readonly onChange: (source: MappingSource) => void;
  readonly values?: StepValues;
}

export function SourceEditor({ source, label, onChange, values }: SourceEditorProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly, seal } = useForm();
  const chain = chainOf(source);
  const change = (next: Chain) => onChange(sourceOf(next));
  /** Adding, moving and removing a step are separate undo steps. */
  const commit = (next: Chain) => {
    seal();
    change(next);
    seal();
  };
  const { base, steps } = chain;
  return (
    <div className={styles.chain} role="group" aria-label={label}>
      <BaseInput base={base} label={`${label} · ${t('base')}`} onChange={(next) => change({ base: next, steps })} />
      {values === undefined || steps.length === 0 ? null : <StepValue value={values[0]} />}
      {steps.map((step, index) => (
        <StepCard
          key={index}
          step={step}
          number={index + 1}
          count={steps.length}
          value={values?.[index + 1]}
          hasValue={values !== undefined}
          onChange={(next) => change({ base, steps: steps.with(index, next) })}
          onMove={(to) => commit({ base, steps: moved(steps, index, to) })}
          onRemove={() => commit({ base, steps: steps.toSpliced(index, 1) })}
        />
      ))}
      {steps.length === 0 && values !== undefined && 'path' in base ? <StepValue value={values[0]} /> : null}
      {isReadOnly || depthOf(source) >= MOST_STEPS ? null : (
        <FunctionMenu label={label} onChoose={(step) => commit({ base, steps: [...steps, step] })} />
      )}
    </div>
  );
}

interface StepCardProps {
  readonly step: ChainStep;
  readonly number: number;
  readonly count: number;
  readonly value: unknown;
  readonly hasValue: boolean;
  readonly onChange: (step: ChainStep) => void;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
}

function StepCard({ step, number, count, value, hasValue, onChange, onMove, onRemove }: StepCardProps) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { isReadOnly } = useForm();
  const name = stepWords(step, language);
  return (
    <>
      <div className={styles.step} role="group" aria-label={t('step', { number, name })}>
        <div className={styles.stepHead}>
          <span className={styles.number}>{number}</span>
          <strong>{name}</strong>
          <span className={styles.space} />
          {isReadOnly ? null : <ItemButtons name={name} index={number - 1} count={count} onMove={onMove} onRemove={onRemove} />}
        </div>
        <StepFields
          step={step}
          onChange={onChange}
          renderChain={({ argument, label, onChange: put }) => <SourceEditor source={argument} label={label} onChange={put} />}
        />
      </div>
      {hasValue ? <StepValue value={value} /> : null}
    </>
  );
}

function StepValue({ value }: { readonly value: unknown }) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.stepValue}>
      <ArrowDown size={12} aria-hidden />
      {value === undefined ? (
        <span className={styles.nothing}>
          <CircleAlert size={12} aria-hidden /> {t('nothing')}
        </span>
      ) : (
        <code>{shortValue(value)}</code>
      )}
    </div>
  );
}

/**
 * Edits the original value. The author may empty it, but the document keeps the old value until the author enters a new
 * one.
 */
function BaseInput(props: { readonly base: MappingSource; readonly label: string; readonly onChange: (base: MappingSource) => void }) {
  const { base, label, onChange } = props;
  const id = useId();
  const operand: Operand | undefined = 'path' in base || 'value' in base || 'expression' in base ? base : undefined;
  const [shown, change] = useDraft<Operand | undefined>(operand, (next) => {
    if (next !== undefined) onChange(next as MappingSource);
    return next !== undefined;
  });
  // The original value may be a loop inside a function, or a function without arguments. This is rare, so it is edited
  // as JSON.
  if (operand === undefined)
    return <JsonInput label={label} value={base} height="120px" onChange={(next) => onChange(next as MappingSource)} />;
  return <OperandInput id={id} label={label} value={shown} modes={MODES} isInvalid={false} onChange={(next) => change(next, '')} />;
}

function moved(steps: readonly ChainStep[], from: number, to: number): readonly ChainStep[] {
  const step = steps[from];
  return step === undefined ? steps : steps.toSpliced(from, 1).toSpliced(to, 0, step);
}
