/** An execution with its data, in a form that a page can show. */
import type { ExecutionDetails } from '../../engine/operate/interface.ts';
import { createShowMessage, showByPort, showReply, type ShownMessage, type ShownReply } from './shown-message.ts';

/** Payloads above 1 MB are cut and marked `truncated`. */
export interface PayloadAnswer extends Omit<ExecutionDetails, 'input' | 'inputs' | 'outputs' | 'reply'> {
  /** The incoming message; absent when the flow keeps no payloads. */
  readonly input?: ShownMessage;
  /** Inputs by step key: the node, or `<iteration>/<node>` in a loop (`n_each[3]/n_send`). */
  readonly inputs: Readonly<Record<string, ShownMessage>>;
  /** Outputs by step key and port. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, ShownMessage>>>>;
  readonly reply?: ShownReply;
}

const LIMITS = { eachBytes: 1024 * 1024, allBytes: 16 * 1024 * 1024 };

export function showPayload({ input, inputs = {}, outputs = {}, reply, ...details }: ExecutionDetails): PayloadAnswer {
  const show = createShowMessage(LIMITS);
  return {
    ...details,
    ...(input === undefined ? {} : { input: show(input) }),
    ...(reply === undefined ? {} : { reply: showReply(reply, show) }),
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, message]) => [key, show(message)])),
    outputs: Object.fromEntries(Object.entries(outputs).map(([key, byPort]) => [key, showByPort(byPort, show)])),
  };
}
