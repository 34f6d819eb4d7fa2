import type { BindingStore } from '../../engine/bindings/interface.ts';
import { SALT_PREFIX } from '../../gateways/documents/object-rules.ts';

/** Returns the credentials that rules of object access may use as salts, by name. Gateways get no others. */
export async function readSalts(store: Pick<BindingStore, 'listSecrets' | 'revealSecret'>): Promise<Readonly<Record<string, string>>> {
  const names = (await store.listSecrets()).map(({ name }) => name).filter((name) => name.startsWith(SALT_PREFIX));
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await store.revealSecret(name)] as const)));
}
