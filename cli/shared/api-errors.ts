/**
 * Errors of the API client. They are in a separate file because every command uses them, but only commands that call
 * control load HTTP.
 */
import type { Issue } from '../../engine/contract/values/errors.ts';

/** The error that control returned. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly fix: string | undefined;
  readonly issues: readonly Issue[];

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(typeof body['message'] === 'string' ? body['message'] : `Control returned status ${status}.`);
    this.status = status;
    this.code = typeof body['code'] === 'string' ? body['code'] : 'UNKNOWN';
    this.fix = typeof body['fix'] === 'string' ? body['fix'] : undefined;
    this.issues = Array.isArray(body['issues']) ? (body['issues'] as readonly Issue[]) : [];
  }
}

/** Thrown if no server responds. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}
