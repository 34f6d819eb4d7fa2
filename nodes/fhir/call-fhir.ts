/** Calls a FHIR server (HL7 FHIR R4, RESTful API) and reads what it answers, OperationOutcome included. */
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { Effect, NodeContext } from '../../engine/contract/node/node.ts';
import { isWrite, statusError } from '../shared/http/check-status.ts';
import type { OutboundRequest } from '../shared/http/exchange.ts';
import { createOutboundClient } from '../shared/http/outbound.ts';
import { DEFAULT_JSON_OPTIONS } from '../shared/json/parse-json.ts';
import { createParser } from '../shared/parse-worker/create-parser.ts';

export interface FhirCall {
  readonly method: OutboundRequest['method'];
  /** Below the base URL, percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly effect: Effect;
  /** Statuses besides 2xx that are an answer. */
  readonly alsoExpected?: readonly number[];
}

export interface FhirAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The resource; undefined if the body is empty. */
  readonly resource: Readonly<Record<string, unknown>> | undefined;
}

export type CallFhir = (ctx: NodeContext<unknown>, call: FhirCall) => Promise<FhirAnswer>;

const JSON_TYPE = 'application/fhir+json';

/**
 * Creates the function that calls the server of the node's adapter. It rejects with the errors of `OutboundClient` and
 * `statusError`, with FHIR_REFUSED in place of HTTP_REFUSED, and with FHIR_ANSWER_UNREADABLE.
 */
export function createCallFhir(): CallFhir {
  const client = createOutboundClient();
  const parser = createParser();
  return async (ctx, { method, path, headers = {}, body, effect, alsoExpected = [] }) => {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const type = content === undefined ? {} : { 'content-type': `${JSON_TYPE}; charset=utf-8` };
    const response = await client.send(ctx, { method, path, headers: { accept: JSON_TYPE, ...type, ...headers }, body: content, effect });
    const isExpected = (response.status >= 200 && response.status < 300) || alsoExpected.includes(response.status);
    const parsed = await parse(response.body).catch((cause: unknown) => {
      if (isExpected) throw unreadable(cause, effect);
      return undefined;
    });
    if (!isExpected) throw refusal(statusError(response, effect, ctx), response.status, parsed);
    if (parsed !== undefined && !isRecord(parsed)) throw unreadable(undefined, effect);
    return { status: response.status, headers: response.headers, resource: parsed };

    async function parse(source: Buffer): Promise<unknown> {
      if (source.byteLength === 0) return undefined;
      return parser.parse({ kind: 'json', source, charset: 'UTF-8', options: DEFAULT_JSON_OPTIONS }, ctx);
    }
  };
}

/**
 * Replaces a refusal by what the OperationOutcome says: the codes and places of its issues. Its diagnostics and details are
 * left out, because they may name a patient.
 */
function refusal(error: AppError, status: number, outcome: unknown): AppError {
  const issues = isRecord(outcome) && outcome['resourceType'] === 'OperationOutcome' ? outcome['issue'] : undefined;
  if (error.code !== 'HTTP_REFUSED' || !Array.isArray(issues)) return error;
  const told = (issues as unknown[]).filter(isRecord).slice(0, 20);
  const codes = [...new Set(told.map(({ code }) => plain(code)))].filter((code) => code !== '').join(', ');
  const places = [...new Set(told.flatMap(({ expression, location }) => placesOf(expression ?? location)))].join(', ');
  const at = places === '' ? '' : ` at ${places}`;
  return new AppError('FHIR_REFUSED', 'input', `The FHIR server refused the call (HTTP ${status}: ${codes || 'no code'}${at}).`, {
    values: { status, codes: codes || '—', ...(places === '' ? {} : { places }) },
    fix: 'Correct the resource or the parameters; the log of the server says more.',
  });
}

/** FHIRPaths and codes of the standard; anything else could be content. */
function placesOf(value: unknown): string[] {
  return (Array.isArray(value) ? (value as unknown[]) : []).map(plain).filter((place) => place !== '');
}

function plain(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z][\w.[\]-]{0,199}$/.test(value) ? value : '';
}

function unreadable(cause: unknown, effect: Effect): AppError {
  const kind = isWrite(effect) ? 'unknown-outcome' : 'input';
  return new AppError('FHIR_ANSWER_UNREADABLE', kind, 'The FHIR server responded with something that is no resource in JSON.', {
    cause,
    fix: 'Check the base URL of the adapter; ask the server whether a write was done.',
  });
}
