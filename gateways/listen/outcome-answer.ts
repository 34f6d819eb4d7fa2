/** Errors as OperationOutcomes, for callers that speak FHIR. */
import { FHIR_JSON, issueTypeOf, operationOutcome } from '../../engine/contract/fhir/operation-outcome.ts';
import type { Answer, Exchange, GatewayError } from '../contract.ts';

/** Returns whether the request names FHIR by what it sends or accepts. */
export function speaksFhir(incoming: Exchange['incoming']): boolean {
  return isFhir(incoming.get('content-type')) || isFhir(incoming.get('accept'));
}

function isFhir(value: string | undefined): boolean {
  return value !== undefined && /\bapplication\/fhir\+(?:json|xml)\b/i.test(value);
}

export function toOutcomeAnswer({ traceId }: Exchange, error: GatewayError, message: string): Answer {
  const { status, code, headers, retryAfterSec, issues = [] } = error;
  const type = issueTypeOf(status);
  const all = [{ type, text: message, code }, ...issues.map(({ path, message: text }) => ({ type, text, place: path.replace(/^\//, '') }))];
  return {
    status,
    headers: {
      'content-type': `${FHIR_JSON}; charset=utf-8`,
      'cache-control': 'no-store',
      ...headers,
      ...(retryAfterSec === undefined ? {} : { 'retry-after': String(retryAfterSec) }),
    },
    body: Buffer.from(JSON.stringify(operationOutcome(all, `traceId ${traceId}`))),
  };
}
