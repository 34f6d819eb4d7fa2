import { ApiError } from '../../api/client.ts';

/** The credential of an adapter, or where it is sent, would change: that is decided by who may edit secrets. */
export function isSecretsAffair(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'PERMISSION_DENIED' && error.values['permission'] === 'secrets.edit';
}
