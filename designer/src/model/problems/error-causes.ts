/** Maps the error code of a failed or held message to one of a few causes that an operator can act on. */
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

/** The first matching rule is used. Error codes of future adapters are covered if they have the same endings. */
const RULES: readonly (readonly [RegExp, Cause])[] = [
  [/^RESEND_PREPARED$/, 'prepared'],
  [/^FAILED_AFTER_WRITE$/, 'afterWrite'],
  [/^CALLER_LEFT$/, 'left'],
  [/^(OUTCOME_UNKNOWN|NODE_TIMEOUT|SUBFLOW_PARTLY_DONE|FLOW_DEADLINE|MLLP_CONNECTION_LOST)$/, 'unanswered'],
  [/_(NO_ANSWER|ACK_TIMEOUT|TIMEOUT)$/, 'unanswered'],
  [/_(ANSWER|ACK)_UNREADABLE$/, 'unreadable'],
  [/^ADAPTER_OPEN$|_CONNECT(_FAILED)?$/, 'unreachable'],
  [/^(ADAPTER_RATE|SCRIPT_POOL_CLOSED)$|_BUSY$/, 'busy'],
  [/^(HTTP_UNEXPECTED|SOAP_FAULT)$|_REFUSED$/, 'refused'],
  [/_SERVER_ERROR$/, 'broken'],
  [/^CODE(_TABLE)?_UNKNOWN$/, 'code'],
  [/^(ADAPTER|SECRET|SUBFLOW|NODE_TYPE|NODE_CONFIG|FLOW_NOT_PUBLISHED)|_CREDENTIAL(_WRONG)?$|_SETTINGS_WRONG$/, 'setup'],
  [/^(INTERNAL|PLAN|MESSAGE_DAMAGED|FLOW_VERSION_UNKNOWN|TABLES_SNAPSHOT)/, 'platform'],
  [/^(EXPRESSION|SCRIPT|MAP|MAPPING|CONDITION|CHECK|JSON|XML|HL7|HTTP|SOAP|MLLP|DEDUPE|JOIN)_/, 'content'],
];

/**
 * Returns whether the flow itself fails on the content: every run of the same version with the same content then
 * fails too.
 */
export function isInFlow(code: string): boolean {
  return /^(EXPRESSION|MAP|CHECK)_|^(SCRIPT_ERROR|SCRIPT_RESULT_TOO_LARGE|CODE_UNKNOWN|CODE_TABLE_UNKNOWN)$/.test(code);
}

/** How, or by whom, a message can be continued once the other system works again. */
export type Repeat = 'itself' | 'retry' | 'resend' | 'caller' | 'nobody';

/**
 * Returns how a message can be continued. A held execution never continues without a person. A failed synchronous
 * call is over, and only its caller can repeat it.
 */
export function repeatOf(status: ExecutionStatus, mode: 'sync' | 'durable'): Repeat {
  if (status === 'held') return 'retry';
  if (status === 'completed' || status === 'cancelled') return 'nobody';
  if (status !== 'failed') return 'itself';
  return mode === 'sync' ? 'caller' : 'resend';
}

/** Returns whether nothing was done yet and the problem ends when the other system works again. */
export function waitsForOther(cause: Cause): boolean {
  return cause === 'unreachable' || cause === 'busy';
}

export function causeOf(code: string): Cause {
  return RULES.find(([pattern]) => pattern.test(code))?.[1] ?? 'other';
}
