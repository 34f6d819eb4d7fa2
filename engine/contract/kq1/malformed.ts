import { AppError } from '../values/errors.ts';

/**
 * Creates the only error of this folder. Its message is for developers of clients (SDK, command line). A gateway
 * returns only the code GW40001.
 */
export function malformed(what: string, fix: string): AppError {
  return new AppError('KQ1_MALFORMED', 'input', `The signed message is malformed: ${what}.`, { fix });
}
