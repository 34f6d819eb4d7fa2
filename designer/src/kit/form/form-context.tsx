/** The context that the fields of a form share. */
import { createContext, use, useMemo, type ComponentType, type ReactNode } from 'react';
import type { FieldKind } from '../../../../engine/contract/values/field-kind.ts';
import type { FieldProps } from './field-props.ts';
import type { FormIssue } from './form-issues.ts';

export interface FormSurroundings {
  readonly isReadOnly: boolean;
  /**
   * Ends the current gesture, so that the next edit is a separate undo step. It must be called when a field loses focus
   * or the user makes a choice.
   */
  readonly seal: () => void;
}

const ALONE: FormSurroundings = { isReadOnly: false, seal: () => undefined };

const SurroundingsContext = createContext<FormSurroundings>(ALONE);

export function FormProvider({ children, ...parts }: Partial<FormSurroundings> & { readonly children: ReactNode }) {
  const { isReadOnly, seal } = { ...ALONE, ...parts };
  const value = useMemo(() => ({ isReadOnly, seal }), [isReadOnly, seal]);
  return <SurroundingsContext value={value}>{children}</SurroundingsContext>;
}

export function useForm(): FormSurroundings {
  return use(SurroundingsContext);
}

/** Returns an `onChange` for choices, switches and buttons, so that each change is a separate undo step. */
export function useCommit<T>(onChange: (value: T) => void): (value: T) => void {
  const { seal } = useForm();
  return (value) => {
    seal();
    onChange(value);
    seal();
  };
}

/** The state of the form that contains the field. */
export interface FormState {
  readonly value: Readonly<Record<string, unknown>>;
  readonly issues: readonly FormIssue[];
  readonly focus: { readonly pointer: string; readonly serial: number } | undefined;
  /**
   * The editors come from the context. An import would be circular, because editors of groups contain fields, which
   * need the editors.
   */
  readonly editors: Readonly<Partial<Record<FieldKind, ComponentType<FieldProps>>>>;
}

const StateContext = createContext<FormState>({ value: {}, issues: [], focus: undefined, editors: {} });

export function FormStateProvider({ state, children }: { readonly state: FormState; readonly children: ReactNode }) {
  return <StateContext value={state}>{children}</StateContext>;
}

export function useFormState(): FormState {
  return use(StateContext);
}
