/**
 * Maps the error code of a failed or held message to one of a few causes. For each cause, an operator has something to
 * do.
 */
import { ADAPTER_FAULTS } from '../../../../engine/contract/calls/receiver-fault.ts';
import type { ExecutionStatus } from '../../api/operations.ts';

export const CAUSES = [
  'unreachable',
  'busy',
  'unanswered',
  'unreadable',
  'refused',
  'broken',
  'code',
  'content',
  'setup',
  'prepared',
  'afterWrite',
  'left',
  'platform',
  'other',
] as const;
export type Cause = (typeof CAUSES)[number];

/**
 * The first rule that matches is used. The rules match parts of codes, so that codes of future adapters are covered too
 * if they use the same words.
 */
const RULES: readonly (readonly [RegExp, Cause])[] = [
  [/^RESEND_PREPARED$/, 'prepared'],
  [/^FAILED_AFTER_WRITE$/, 'afterWrite'],
  [/^CALLER_LEFT$/, 'left'],
  [/^(OUTCOME_UNKNOWN|NODE_TIMEOUT|SUBFLOW_PARTLY_DONE|FLOW_DEADLINE|MLLP_CONNECTION_LOST)$/, 'unanswered'],
  [/_(NO_ANSWER|ACK_TIMEOUT|TIMEOUT)$/, 'unanswered'],
  [/_(ANSWER|ACK)_UNREADABLE$/, 'unreadable'],
  [/^ADAPTER_OPEN$|_CONNECT(_FAILED)?$/, 'unreachable'],
  [/^(ADAPTER_RATE|SCRIPT_POOL_CLOSED)$|_BUSY$/, 'busy'],
  [ADAPTER_FAULTS, 'setup'],
  [/^(HTTP_REDIRECTED|HTTP_UNEXPECTED|SOAP_FAULT)$|_REFUSED$/, 'refused'],
  [/_SERVER_ERROR$/, 'broken'],
  [/^CODE(_TABLE)?_UNKNOWN$/, 'code'],
  [/^(ADAPTER|SECRET|SUBFLOW|NODE_TYPE|NODE_CONFIG|FLOW_NOT_PUBLISHED)|_CREDENTIAL(_WRONG)?$|_SETTINGS_WRONG$/, 'setup'],
  [/^(INTERNAL|PLAN|MESSAGE_DAMAGED|FLOW_VERSION_UNKNOWN|TABLES_SNAPSHOT)/, 'platform'],
  [/^(EXPRESSION|SCRIPT|MAP|MAPPING|CONDITION|CHECK|JSON|XML|HL7|HTTP|SOAP|MLLP|DEDUPE|JOIN)_/, 'content'],
];

/**
 * Returns whether the flow itself cannot handle the content. A retry with the same version and the same content then
 * fails again.
 */
export function isInFlow(code: string): boolean {
  return /^(EXPRESSION|MAP|CHECK)_|^(SCRIPT_ERROR|SCRIPT_RESULT_TOO_LARGE|CODE_UNKNOWN|CODE_TABLE_UNKNOWN)$/.test(code);
}

/**
 * How a message continues once the other system works again: automatically, by a retry, by a resend, by a new call of
 * the caller, or not at all.
 */
export type Repeat = 'itself' | 'retry' | 'resend' | 'caller' | 'nobody';

/**
 * Returns how a message can continue. A held message needs a retry by a person. A failed message of a sync flow can
 * only be sent again by its caller; one of a durable flow can be resent.
 */
export function repeatOf(status: ExecutionStatus, mode: 'sync' | 'durable'): Repeat {
  if (status === 'held') return 'retry';
  if (status === 'completed' || status === 'cancelled') return 'nobody';
  if (status !== 'failed') return 'itself';
  return mode === 'sync' ? 'caller' : 'resend';
}

/**
 * Returns whether the cause ends when the other system works again. With such a cause, that system has not done
 * anything yet.
 */
export function waitsForOther(cause: Cause): boolean {
  return cause === 'unreachable' || cause === 'busy';
}

export function causeOf(code: string): Cause {
  return RULES.find(([pattern]) => pattern.test(code))?.[1] ?? 'other';
}
