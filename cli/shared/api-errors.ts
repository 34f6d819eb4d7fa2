/** Separate from the client: every command uses them, but only those that call control load HTTP. */
import type { Issue } from '../../engine/contract/values/errors.ts';

/** Control returned an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly fix: string | undefined;
  readonly issues: readonly Issue[];

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(typeof body['message'] === 'string' ? body['message'] : `Control answered ${status}.`);
    this.status = status;
    this.code = typeof body['code'] === 'string' ? body['code'] : 'UNKNOWN';
    this.fix = typeof body['fix'] === 'string' ? body['fix'] : undefined;
    this.issues = Array.isArray(body['issues']) ? (body['issues'] as readonly Issue[]) : [];
  }
}

/** No server responded. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}
