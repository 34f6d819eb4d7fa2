/** The other arguments of a function, or the code table of a lookup. */
import { Input } from 'antd';
import { Trash2 } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import type { Operand } from '../../../../engine/contract/flow/expression-types.ts';
import type { MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { CodeTableField } from '../../node-panel/references/code-table.tsx';
import { useForm } from '../../kit/form/form-context.tsx';
import { AddButton, IconButton } from '../../kit/form/item-buttons.tsx';
import { OperandInput } from '../../node-panel/expression/operand-input.tsx';
import type { OperandMode } from '../../node-panel/expression/operand-modes.ts';
import { useDraft } from '../../kit/form/use-draft.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { functionNamed, type ChainStep } from '../../model/mapping/source-chain.ts';
import styles from './rule-panel.module.css';

const TEXTS = defineTexts({
  table: ['代码表', 'Code table'],
  otherwise: ['查不到时', 'If the code is unknown'],
  otherwiseExample: ['留空则报错', 'Empty: an unknown code is an error'],
  more: ['添加{{name}}', 'Add: {{name}}'],
  remove: ['删除', 'Remove'],
  unknown: ['没有这个函数', 'This function does not exist'],
});

const MODES: readonly OperandMode[] = ['text', 'number', 'boolean', 'path', 'expression'];
const MOST_ARGUMENTS = 20;

interface StepFieldsProps {
  readonly step: ChainStep;
  readonly onChange: (step: ChainStep) => void;
  /**
   * Renders an argument that consists of a value and functions itself. The caller passes this function, because the
   * component for such an argument contains this component.
   */
  readonly renderChain: (argument: ArgumentInputProps) => ReactNode;
}

export function StepFields({ step, onChange, renderChain }: StepFieldsProps) {
  if (step.kind === 'table') return <TableFields step={step} onChange={onChange} />;
  return <FunctionFields step={step} onChange={onChange} renderChain={renderChain} />;
}

type TableStep = Extract<ChainStep, { readonly kind: 'table' }>;
type FunctionStep = Extract<ChainStep, { readonly kind: 'function' }>;

function TableFields({ step, onChange }: { readonly step: TableStep; readonly onChange: (step: ChainStep) => void }) {
  const t = useTexts(TEXTS);
  const id = useId();
  const { isReadOnly, seal } = useForm();
  const withDefault = (text: string): ChainStep => ({ kind: 'table', table: step.table, ...(text === '' ? {} : { default: text }) });
  return (
    <>
      <label className={styles.argument} htmlFor={`${id}-table`}>
        <span>{t('table')}</span>
        <CodeTableField
          schema={{}}
          id={`${id}-table`}
          label={t('table')}
          pointer=""
          isInvalid={step.table === ''}
          value={step.table === '' ? undefined : step.table}
          onChange={(table) => onChange({ ...step, table: typeof table === 'string' ? table : '' })}
        />
      </label>
      <label className={styles.argument} htmlFor={`${id}-default`}>
        <span>{t('otherwise')}</span>
        <Input
          id={`${id}-default`}
          value={step.default ?? ''}
          placeholder={t('otherwiseExample')}
          readOnly={isReadOnly}
          maxLength={2000}
          onChange={(event) => onChange(withDefault(event.target.value))}
          onBlur={seal}
        />
      </label>
    </>
  );
}

function FunctionFields({ step, onChange, renderChain }: StepFieldsProps & { readonly step: FunctionStep }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { isReadOnly } = useForm();
  const definition = functionNamed(step.fn);
  if (definition === undefined) return <p className={styles.wrong}>{t('unknown')}</p>;
  const { args, isVariadic = false, help } = definition;
  const labelOf = (index: number) => text((args[index + 1] ?? args.at(-1))?.label);
  const isOptional = (index: number) => args[index + 1]?.isOptional === true || (isVariadic && index + 1 >= args.length);
  const isNextOptional = step.rest.length + 1 < args.length ? isOptional(step.rest.length) : isVariadic;
  const canAdd = isNextOptional && step.rest.length + 1 < MOST_ARGUMENTS;
  return (
    <>
      <p className={styles.help}>{text(help)}</p>
      {step.rest.map((argument, index) => (
        <div key={index} className={styles.argument}>
          <span>{labelOf(index)}</span>
          <div className={styles.argumentValue}>
            <ArgumentInput
              argument={argument}
              label={`${text(definition.label)} · ${labelOf(index)}`}
              onChange={(next) => onChange({ ...step, rest: step.rest.with(index, next) })}
              renderChain={renderChain}
            />
            {isReadOnly || !isOptional(index) || index < step.rest.length - 1 ? null : (
              <IconButton
                words={`${t('remove')} · ${labelOf(index)}`}
                icon={<Trash2 size={14} />}
                onClick={() => onChange({ ...step, rest: step.rest.toSpliced(index, 1) })}
              />
            )}
          </div>
        </div>
      ))}
      {isReadOnly || !canAdd ? null : (
        <AddButton
          words={t('more', { name: labelOf(step.rest.length) })}
          onClick={() => onChange({ ...step, rest: [...step.rest, { value: '' }] })}
        />
      )}
    </>
  );
}

export interface ArgumentInputProps {
  readonly argument: MappingSource;
  readonly label: string;
  readonly onChange: (argument: MappingSource) => void;
}

function ArgumentInput({ renderChain, ...props }: ArgumentInputProps & Pick<StepFieldsProps, 'renderChain'>) {
  const { argument, label, onChange } = props;
  const id = useId();
  const operand: Operand | undefined = 'path' in argument || 'value' in argument || 'expression' in argument ? argument : undefined;
  const [shown, change] = useDraft<Operand | undefined>(operand, (next) => {
    if (next !== undefined) onChange(next as MappingSource);
    return next !== undefined;
  });
  if (operand === undefined) return renderChain(props);
  return <OperandInput id={id} label={label} value={shown} modes={MODES} isInvalid={false} onChange={(next) => change(next, '')} />;
}
