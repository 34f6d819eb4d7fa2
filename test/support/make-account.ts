/** Makes accounts as real administrators do: the first security or audit administrator by the system administrator, further ones by the first (decision 0027). */

/** One call of the admin API with the given account; returns the body. */
export type Ask = (method: string, path: string, body: unknown) => Promise<Readonly<Record<string, unknown>>>;

/** The first security and audit administrators of a started platform, shared by all test helpers; no test may lock them. */
export const KEEPER_PASSWORD = 'Keeper-of-its-kind-2026';
export const keeperName = (role: string) => `keeper-${role}`;

const KEPT = ['security-admin', 'audit-admin'];

/** Of these roles the one that its own holders keep. */
export function keptRole(roles: readonly string[]): string | undefined {
  return roles.find((role) => KEPT.includes(role));
}

/** Returns the one-time password. `keeper` holds the kept role among `roles` already; absent for the first of its kind. */
export async function makeAccount(
  admin: Ask,
  keeper: Ask | undefined,
  name: string,
  roles: readonly string[],
  domains?: readonly string[],
): Promise<string> {
  const account = { name, displayName: name, ...(domains === undefined ? {} : { domains }) };
  const kept = keptRole(roles);
  if (kept === undefined || keeper === undefined) return passwordOf(await admin('POST', '/accounts', { ...account, roles }));
  if (roles.length === 1) return passwordOf(await keeper('POST', '/accounts', { ...account, roles }));
  const others = roles.filter((role) => role !== kept);
  const password = passwordOf(await admin('POST', '/accounts', { ...account, roles: others }));
  await keeper('PUT', `/accounts/${name}`, { displayName: name, roles, disabled: false, revision: 1 });
  return password;
}

function passwordOf({ oneTimePassword }: Readonly<Record<string, unknown>>): string {
  if (typeof oneTimePassword === 'string') return oneTimePassword;
  throw new Error('no account was made');
}
