/** Finds the field that an error is about, with the name that the form of its node shows. Pure. */
import type { FlowNode } from '../../../../../engine/contract/flow/flow-document.ts';
import type { ErrorRecord } from '../../../../../engine/contract/values/errors.ts';

export interface FailingField {
  /** The target path as the mapping shows it. */
  readonly target: string;
  /** Position of the rule in its list, counted from 1. */
  readonly number: number;
}

/**
 * Returns the target of the mapping rule that failed. For a rule inside loops, the target begins with the targets of
 * these loops.
 */
export function failingField(node: FlowNode | undefined, error: Pick<ErrorRecord, 'values'> | undefined): FailingField | undefined {
  const pointer = error?.values?.['rule'];
  const mapping = node?.config['mapping'];
  if (typeof pointer !== 'string' || mapping === undefined) return undefined;
  const steps = pointer.split('/').slice(1);
  const targets: string[] = [];
  let at: unknown = mapping;
  for (const step of steps) {
    at = (at as Readonly<Record<string, unknown>> | undefined)?.[step];
    const to = (at as { readonly to?: unknown } | undefined)?.to;
    if (typeof to === 'string') targets.push(to);
  }
  const number = steps.findLast((step) => /^\d+$/.test(step));
  return targets.length === 0 || number === undefined ? undefined : { target: targets.join(' › '), number: Number(number) + 1 };
}
