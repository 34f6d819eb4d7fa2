import { ApiError } from '../../api/client.ts';

/**
 * Returns whether the save was refused because the user may not edit secrets. This permission is needed to change the
 * adapter's credential, or the address to which it is sent.
 */
export function isSecretsAffair(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'PERMISSION_DENIED' && error.values['permission'] === 'secrets.edit';
}
