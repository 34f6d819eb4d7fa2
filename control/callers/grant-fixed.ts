import { AppError } from '../../engine/contract/values/errors.ts';
import type { GrantDocument } from '../../gateways/documents/caller-documents.ts';

/**
 * Throws GRANT_FIXED (input) if the app or the interface of a stored grant would change. Otherwise one app would
 * silently lose its access and another would gain it.
 */
export function requireSameSides(stored: GrantDocument | undefined, { appId, interfaceId }: GrantDocument): void {
  if (stored === undefined || (stored.appId === appId && stored.interfaceId === interfaceId)) return;
  const { grantId } = stored;
  throw new AppError('GRANT_FIXED', 'input', `The grant ${grantId} belongs to another app or interface.`, {
    values: { grantId },
    fix: 'Save a new grant with a new id.',
  });
}
