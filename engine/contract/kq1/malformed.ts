import { AppError } from '../values/errors.ts';

/**
 * The only error of this folder. Its message is for signers (sdk, command line); a gateway returns a bare GW40001.
 */
export function malformed(what: string, fix: string): AppError {
  return new AppError('KQ1_MALFORMED', 'input', `The signed message is malformed: ${what}.`, { fix });
}
