import { AppError } from '../../../engine/contract/values/errors.ts';

/**
 * Returns the error for a description that takes more work than the description of any real service. For example, its
 * types contain each other, or it has too many types.
 */
export function tooCostly(): AppError {
  return new AppError('WSDL_TOO_COSTLY', 'input', 'Reading the description of the service takes too much work.', {
    fix: 'Ask the other side for a WSDL with only the operations that are needed, or fill in the fields by hand.',
  });
}
