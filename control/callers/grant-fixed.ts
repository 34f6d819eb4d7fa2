import { AppError } from '../../engine/contract/values/errors.ts';
import type { GrantDocument } from '../../gateways/documents/caller-documents.ts';

/**
 * The app and the interface of a grant never change under the same id: one app would silently lose what another
 * gains. GRANT_FIXED (input).
 */
export function requireSameSides(stored: GrantDocument | undefined, { appId, interfaceId }: GrantDocument): void {
  if (stored === undefined || (stored.appId === appId && stored.interfaceId === interfaceId)) return;
  const { grantId } = stored;
  throw new AppError('GRANT_FIXED', 'input', `The grant ${grantId} is that of another app or interface.`, {
    values: { grantId },
    fix: 'Save a new grant under an id of its own.',
  });
}
