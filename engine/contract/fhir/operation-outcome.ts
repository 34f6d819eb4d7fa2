/** Writes OperationOutcomes (HL7 FHIR R4, OperationOutcome), the form in which FHIR callers get errors. */

/** The codes of `issue-type` that the platform uses. */
export type IssueType =
  | 'structure'
  | 'invalid'
  | 'value'
  | 'not-supported'
  | 'not-found'
  | 'deleted'
  | 'conflict'
  | 'login'
  | 'forbidden'
  | 'throttled'
  | 'too-costly'
  | 'timeout'
  | 'transient'
  | 'exception'
  | 'processing'
  | 'informational';

export interface OutcomeIssue {
  readonly type: IssueType;
  /** What happened, for people. */
  readonly text: string;
  /** The platform's own code. */
  readonly code?: string;
  /** A FHIRPath in the resource, or the name of a search parameter. */
  readonly place?: string;
  readonly severity?: 'error' | 'information';
}

export const FHIR_JSON = 'application/fhir+json';
export const ERROR_SYSTEM = 'urn:kangqiao:error';

/** Returns the resource. `diagnostics` is for support, for example the id of the trace. */
export function operationOutcome(issues: readonly OutcomeIssue[], diagnostics?: string): Readonly<Record<string, unknown>> {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map(({ type, text, code, place, severity = 'error' }) => ({
      severity,
      code: type,
      details: { ...(code === undefined ? {} : { coding: [{ system: ERROR_SYSTEM, code }] }), text },
      ...(diagnostics === undefined ? {} : { diagnostics }),
      ...(place === undefined ? {} : { expression: [place] }),
    })),
  };
}

/** Returns the issue type for an HTTP status. */
export function issueTypeOf(status: number): IssueType {
  return STATUS_TYPES[status] ?? (status < 500 ? 'processing' : 'exception');
}

const STATUS_TYPES: Readonly<Record<number, IssueType>> = {
  400: 'invalid',
  401: 'login',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-supported',
  406: 'not-supported',
  409: 'conflict',
  410: 'deleted',
  412: 'conflict',
  413: 'too-costly',
  415: 'not-supported',
  429: 'throttled',
  503: 'transient',
  504: 'timeout',
};
