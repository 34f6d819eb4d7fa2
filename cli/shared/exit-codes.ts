/** Exit codes for scripts. Listed in `kangqiao --help`. */
import { CommanderError } from 'commander';
import { AppError } from '../../engine/contract/values/errors.ts';
import { ApiError, ConnectionError } from './api-errors.ts';

export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, notAllowed: 4, conflict: 5, interrupted: 130 } as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0 done   1 failed   2 wrong usage, or a file that cannot be read   3 control cannot be reached
  4 not logged in or not allowed   5 conflict (someone else saved, or the id is taken)   130 interrupted`;

/** Error codes for files that cannot be read or are not JSON. They count as wrong usage. */
const USAGE_CODES: ReadonlySet<string> = new Set(['INPUT_UNREADABLE', 'INPUT_NOT_JSON']);

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof AppError && USAGE_CODES.has(error.code)) return EXIT.usage;
  if (error instanceof ConnectionError) return EXIT.unreachable;
  if (error instanceof ApiError) {
    if (error.status === 401 || error.status === 403) return EXIT.notAllowed;
    if (error.status === 409) return EXIT.conflict;
    return EXIT.failed;
  }
  return error instanceof Error && error.name === 'AbortError' ? EXIT.interrupted : EXIT.failed;
}
