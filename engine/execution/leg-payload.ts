/** The sealed content of a leg: the settled steps, and the outputs that cannot be computed again. */
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import type { StepRecord } from './execution-document.ts';
import { encodeMessage, type EncodedMessage } from './payloads.ts';
import { stepKey, type SettledStep } from './run-job.ts';

export interface LegPayload {
  readonly steps: readonly StepRecord[];
  readonly emits: Readonly<Record<string, Readonly<Record<string, EncodedMessage>>>>;
  readonly errors?: Readonly<Record<string, ErrorRecord>>;
  /**
   * Keys of steps that announced a write in this claim or an earlier one, although the write was certainly not done.
   */
  readonly refused?: readonly string[];
  /** The full error with which the execution stopped. */
  readonly error?: ErrorRecord;
  /**
   * The step at which the execution stopped. This step is not settled, and runs again if a person retries the
   * execution.
   */
  readonly stopped?: StepRecord;
}

/** Why a run stopped, and at which step. */
export type Stopped = Pick<LegPayload, 'error' | 'stopped'>;

export function legPayload(steps: readonly SettledStep[], stopped: Stopped = {}, refused: readonly string[] = []): LegPayload {
  const errors = Object.fromEntries(
    steps.filter((step) => step.record.status === 'failed').map((step) => [keyOf(step), step.record.error!]),
  );
  return {
    steps: steps.map((step) => step.record),
    emits: emitsOf(steps),
    ...(Object.keys(errors).length === 0 ? {} : { errors }),
    ...(refused.length === 0 ? {} : { refused: [...refused] }),
    ...stopped,
  };
}

export function emitsOf(steps: readonly SettledStep[]): LegPayload['emits'] {
  const kept = steps.filter((step) => step.emits && keepsOutput(step.node));
  return Object.fromEntries(kept.map((step) => [keyOf(step), encodeEmits(step.emits!)]));
}

/** Returns true if the node's outputs cannot be computed again, and so must be stored. */
export function keepsOutput(node: CompiledNode): boolean {
  if (node.effect !== 'pure') return true;
  // The output of a join that does not wait for all branches depends on which branches came first.
  const { definition, config } = node;
  return definition.kind === 'control' && (definition.role === 'wait' || (definition.role === 'join' && config['mode'] !== 'all'));
}

function encodeEmits(emits: Readonly<Record<string, Message>>): Record<string, EncodedMessage> {
  return Object.fromEntries(Object.entries(emits).map(([port, message]) => [port, encodeMessage(message)]));
}

function keyOf(step: SettledStep): string {
  return stepKey(step.record.scope, step.record.node);
}
