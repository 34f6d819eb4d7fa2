/**
 * The networks from which an account has logged in recently. Wrong logins from other networks must not lock out the
 * owner.
 */
import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';

export interface KnownNetworks {
  /**
   * Returns true if the owner logged in from this network before. `target` stands for the account and its current
   * password, so after a change of the password no network is known.
   */
  isKnown(target: string, network: string): Promise<boolean>;
  remember(target: string, network: string): Promise<void>;
}

interface StoredNetwork extends StoredDocument {
  readonly expiresAt: number;
}

const spec: CollectionSpec<StoredNetwork> = {
  name: 'login_networks',
  schema: Type.Object({ _id: Type.String(), expiresAt: Type.Number() }, { additionalProperties: false }),
  indexes: [],
  expiresAt: 'expiresAt',
};

const KEPT_MS = 90 * 86_400_000;
/** A network is written again only if the last write is at least this old. */
const RENEW_MS = 7 * 86_400_000;

/**
 * Opens the store. It has one small document for each network from which the owner logged in. The id is a digest, so
 * the document does not reveal the account or the network.
 */
export async function openKnownNetworks(documents: Documents, clock: Clock): Promise<KnownNetworks> {
  const stored = await documents.open(spec);
  const idOf = (target: string, network: string) => createHash('sha256').update(`${target}\n${network}`).digest('base64url');
  return {
    async isKnown(target, network) {
      const found = await stored.get(idOf(target, network));
      return found !== undefined && found.expiresAt > clock.now();
    },
    async remember(target, network) {
      const _id = idOf(target, network);
      const expiresAt = clock.now() + KEPT_MS;
      const known = await stored.get(_id);
      if (known !== undefined && known.expiresAt > expiresAt - RENEW_MS) return;
      if (!(await stored.insert({ _id, expiresAt })).inserted) await stored.replaceIf({ _id, expiresAt }, {});
    },
  };
}
