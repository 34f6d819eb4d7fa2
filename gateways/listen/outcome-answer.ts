/** Errors as OperationOutcomes, for callers that speak FHIR. */
import { FHIR_JSON, issueTypeOf, operationOutcome } from '../../engine/contract/fhir/operation-outcome.ts';
import type { Exchange, GatewayError } from '../contract.ts';
import type { ErrorBody } from './error-body.ts';

/** Returns whether the request names FHIR by what it sends or accepts. */
export function speaksFhir(incoming: Exchange['incoming']): boolean {
  return isFhir(incoming.get('content-type')) || isFhir(incoming.get('accept'));
}

function isFhir(value: string | undefined): boolean {
  return value !== undefined && /\bapplication\/fhir\+(?:json|xml)\b/i.test(value);
}

export function writeOutcome({ traceId }: Exchange, { status, code, issues = [] }: GatewayError, message: string): ErrorBody {
  const type = issueTypeOf(status);
  const all = [{ type, text: message, code }, ...issues.map(({ path, message: text }) => ({ type, text, place: path.replace(/^\//, '') }))];
  return { status, mediaType: FHIR_JSON, text: JSON.stringify(operationOutcome(all, `traceId ${traceId}`)) };
}
