/** The one place where an error of control becomes an HTTP response. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, toErrorRecord, type ErrorKind } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { StaleDraft } from '../../engine/contract/values/stale-draft.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const BY_KIND: Readonly<Record<ErrorKind, number>> = { input: 422, transient: 503, 'unknown-outcome': 504, bug: 500 };

/** HTTP status by error code, for codes whose kind alone does not determine the status. */
const BY_CODE: Readonly<Record<string, number>> = {
  INPUT_INVALID: 400,
  REQUEST_MALFORMED: 400,
  CURSOR_INVALID: 400,
  FLOW_ID_DIFFERS: 400,
  DOCUMENT_ID_DIFFERS: 400,
  LOGIN_REQUIRED: 401,
  LOGIN_REFUSED: 401,
  LOGIN_CODE_REQUIRED: 401,
  LOGIN_CODE_REFUSED: 401,
  PERMISSION_DENIED: 403,
  DOMAIN_NOT_HELD: 403,
  DOMAINS_ALL_NEEDED: 403,
  PASSWORD_CHANGE_REQUIRED: 403,
  SECOND_FACTOR_REQUIRED: 403,
  SECOND_FACTOR_DEMANDED: 403,
  STEP_UP_REQUIRED: 403,
  STEP_UP_REFUSED: 403,
  TOKEN_CANNOT: 403,
  CSRF_REFUSED: 403,
  ACCOUNT_OWN: 403,
  ACCOUNT_KEPT: 403,
  NOT_FOUND: 404,
  CALL_NOT_FOUND: 404,
  CALL_REACHES_NONE: 404,
  ROUTE_UNKNOWN: 404,
  ACCOUNT_UNKNOWN: 404,
  FLOW_UNKNOWN: 404,
  FLOW_VERSION_UNKNOWN: 404,
  EXECUTION_UNKNOWN: 404,
  ADAPTER_UNKNOWN: 404,
  KEY_UNKNOWN: 404,
  SECRET_MISSING: 404,
  ALARM_RECEIVER_UNKNOWN: 404,
  INTEGRITY_NOTHING_FOUND: 404,
  GATEWAY_PROCESS_GONE: 404,
  ALARM_NOT_OPEN: 409,
  AUDIT_TRAIL_REFUSED: 409,
  INTEGRITY_OLDER_RUNS: 409,
  FLOW_STALE: 409,
  FLOW_PUBLISHED: 409,
  FLOW_PUBLISH_RACE: 409,
  STALE_REVISION: 409,
  INTERFACE_ROUTE_CLASH: 409,
  GRANT_EXISTS: 409,
  KEY_EXISTS: 409,
  KEY_LIMIT: 409,
  PLATFORM_KEY_LIMIT: 409,
  PLATFORM_KEY_NEEDED: 409,
  ACCOUNT_EXISTS: 409,
  BROKER_EXISTS: 409,
  SECOND_FACTOR_NOT_BEGUN: 409,
  EXTENSION_OWN: 403,
  EXTENSION_EXISTS: 409,
  EXTENSION_NOT_WAITING: 409,
  EXTENSION_WAITING: 409,
  EXTENSION_IN_USE: 409,
  PUBLISHER_KEY_EXISTS: 409,
  PUBLISHER_KEY_IN_USE: 409,
  FLOW_IN_USE: 409,
  ADAPTER_IN_USE: 409,
  TABLE_IN_USE: 409,
  NAMED_BY_INTERFACES: 409,
  BLOCKED_CALLERS_FULL: 409,
  SECRET_IN_USE: 409,
  LISTENER_CLASH: 409,
  EXECUTION_NOT_HELD: 409,
  EXECUTION_DONE: 409,
  EXECUTION_NOTHING_DONE: 409,
  EXECUTION_DONE_UNKNOWN: 409,
  RESEND_GONE_ON: 409,
  RESEND_UNDER_WAY: 409,
  RESEND_OUTCOME_UNKNOWN: 409,
  BULK_RUNNING: 409,
  ARCHIVE_RUNNING: 409,
  BULK_NOT_RUNNING: 409,
  BULK_NOT_STOPPED: 409,
  BULK_OTHER_KIND: 409,
  BODY_TOO_LARGE: 413,
  LOGIN_LOCKED: 429,
  LOGIN_BUSY: 429,
  FLOW_CHECK_BUSY: 429,
  SCHEMA_CHECK_BUSY: 429,
  CALL_SEARCH_BUSY: 429,
  TOKEN_LOCKED: 429,
  EVENTS_FULL: 429,
};

/**
 * Turns any thrown value into an error response with code, message, fix and every issue. After a stale save the
 * response also has both versions of the document.
 */
export function toErrorAnswer(thrown: unknown, { id, routeOptions }: FastifyRequest): ErrorAnswer {
  const error = fromFastify(thrown, routeOptions.bodyLimit);
  const record = toErrorRecord(error);
  const { retryAfterMs, ...shown } = record;
  return {
    status: BY_CODE[record.code] ?? BY_KIND[record.kind],
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
    body: { ...shown, ...bothVersions(error), requestId: id },
  };
}

/** Sends the response, and logs the details that only the log may contain. */
export function sendError(thrown: unknown, reply: FastifyReply, logger: Logger): FastifyReply {
  const answer = toErrorAnswer(thrown, reply.request);
  if (answer.status >= 500)
    logger.error('control.failed', thrown, { requestId: reply.request.id, path: reply.request.routeOptions.url ?? '' });
  return reply.code(answer.status).headers(answer.headers).type('application/json').send(answer.body);
}

function bothVersions(error: unknown): { readonly yours?: unknown; readonly theirs?: unknown } {
  if (!(error instanceof AppError) || !(error.cause instanceof StaleDraft)) return {};
  return { yours: error.cause.yours, theirs: error.cause.theirs };
}

/** Translates errors of the framework to an AppError; returns any other value unchanged. */
function fromFastify(thrown: unknown, bodyLimit: number | undefined): unknown {
  if (thrown instanceof AppError || !(thrown instanceof Error) || !('statusCode' in thrown)) return thrown;
  const { statusCode, code } = thrown as Error & { statusCode: unknown; code?: unknown };
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return thrown;
  if (statusCode === 413) {
    const limit = (bodyLimit ?? 0) / 1024;
    return new AppError('BODY_TOO_LARGE', 'input', `The body is larger than ${limit} KB.`, {
      values: { limit },
      fix: 'Send less.',
      cause: thrown,
    });
  }
  const { problem, message, fix } = MALFORMED[String(code)] ?? UNREADABLE;
  return new AppError('REQUEST_MALFORMED', 'input', message, { values: { problem }, fix, cause: thrown });
}

const NO_JSON = { problem: 'json', message: 'The body is not JSON.', fix: 'Correct its brackets, quotes and commas.' };
const UNREADABLE = { problem: 'unreadable', message: 'The request cannot be read.', fix: 'Compare it with the page /api/docs.' };
const MALFORMED: Readonly<Record<string, typeof NO_JSON>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: NO_JSON,
  FST_ERR_CTP_EMPTY_JSON_BODY: NO_JSON,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    problem: 'media-type',
    message: 'The content type of the body is not JSON.',
    fix: 'Send JSON as application/json.',
  },
};
