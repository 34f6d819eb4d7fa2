import type { Reply } from '../../../engine/contract/node/node.ts';
import { FHIR_JSON, operationOutcome, type IssueType, type OutcomeIssue } from '../../../engine/contract/fhir/operation-outcome.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';

/** Ends a request with an OperationOutcome. Thrown inside the front only; the door turns it into an answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly issues: readonly OutcomeIssue[];

  constructor(status: number, issues: readonly OutcomeIssue[]) {
    super(issues[0]?.text);
    this.status = status;
    this.issues = issues;
  }
}

/** `place` is the name of a search parameter or a FHIRPath. Texts never quote what the caller sent. */
export function refuse(status: number, type: IssueType, text: string, place?: string): Refusal {
  return new Refusal(status, [place === undefined ? { type, text, code: 'FHIR_REQUEST' } : { type, text, place, code: 'FHIR_REQUEST' }]);
}

export function outcomeReply(status: number, issues: readonly OutcomeIssue[]): Reply {
  return fhirReply(status, operationOutcome(issues));
}

export function fhirReply(status: number, resource: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, message: createMessage(resource, { mediaType: FHIR_JSON }) };
}
