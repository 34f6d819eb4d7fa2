import { AppError } from '../../engine/contract/values/errors.ts';

/**
 * Returns the error for a description that takes more work than any real service needs: types that contain each
 * other, or too many types.
 */
export function tooCostly(): AppError {
  return new AppError('WSDL_TOO_COSTLY', 'input', 'The description of the service takes more work to read than any service needs.', {
    fix: 'Ask the other side for a WSDL with the operations that are needed, or fill the fields in by hand.',
  });
}
