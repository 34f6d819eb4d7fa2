import { ApiError } from '../../api/client.ts';

/**
 * Returns whether the save was refused because it would change the adapter's credential or its destination. That
 * needs the permission to edit secrets.
 */
export function isSecretsAffair(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'PERMISSION_DENIED' && error.values['permission'] === 'secrets.edit';
}
