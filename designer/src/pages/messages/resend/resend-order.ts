/** Resending a message: which messages can be resent, what can be edited, and what is sent. Pure. */
import { createId } from '../../../../../engine/contract/values/ids.ts';
import type { ExecutionSummary, ShownMessage } from '../../../api/operations.ts';
import type { operations } from '../../../api/operations.ts';
import { withLineEnds } from './line-difference.ts';
import { parseJson } from '../../../kit/code/parse-json.ts';

type ResendInput = operations['executions.resend']['requestBody']['content']['application/json'];
export type Seen = ResendInput['seen'];

const RESENDABLE: readonly Seen[] = ['held', 'failed', 'completed', 'cancelled'];

/**
 * Returns the status of the message as the user saw it, for the request. Returns undefined if the message cannot be
 * resent.
 */
export function seenOf({ status, hasPayload, replacedBy, held }: ExecutionSummary): Seen | undefined {
  const isUnfinishedResend = held?.reason === 'RESEND_PREPARED';
  return hasPayload && replacedBy === undefined && !isUnfinishedResend ? RESENDABLE.find((seen) => seen === status) : undefined;
}

/** Returns the message as text for editing; undefined if it is truncated or not text. */
export function editableOf(message: ShownMessage): { readonly text: string; readonly isJson: boolean } | undefined {
  const { form, data, truncated } = message;
  if (truncated === true || form === 'base64') return undefined;
  if (typeof data === 'string') return { text: data, isJson: false };
  return { text: JSON.stringify(data, null, 2), isJson: true };
}

export type Edited = { readonly problem: 'json' } | { readonly message: ResendInput['message'] | undefined };

/**
 * Returns the message that is sent instead of the stored one; undefined if the user changed nothing. Returns a problem
 * if the text is not valid JSON.
 */
export function editedMessage(shown: ShownMessage, typed: string): Edited {
  const editable = editableOf(shown);
  if (editable === undefined) return { message: undefined };
  const text = withLineEnds(editable.text, typed);
  if (text === editable.text) return { message: undefined };
  if (!editable.isJson) return { message: { data: text, form: shown.form } };
  const parsed = parseJson(typed);
  return parsed === undefined ? { problem: 'json' } : { message: { data: parsed.value, form: 'json' } };
}

/**
 * Returns a new id for a resend. Each changed content needs a new id. A request with the same id can be sent again
 * after a lost reply; the message is then not sent twice.
 */
export function newRequestId(): string {
  return createId('rsd');
}
