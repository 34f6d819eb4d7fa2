/**
 * `--reset-password`: the way back after losing the last account of a kind. The person who starts the platform
 * controls the machine and its keys.
 */
import type { AccountList } from '../../control/accounts/accounts.ts';
import type { Control } from '../../control/create-control.ts';

export interface NewPassword {
  readonly name: string;
  readonly oneTimePassword: string;
}

/**
 * For an account with any role. Also removes its second factor, and enables it if it was disabled. ACCOUNT_UNKNOWN.
 */
export async function resetPassword({ run }: Pick<Control, 'run'>, name: string): Promise<NewPassword> {
  const password = (await run('accounts.reset-password', { name })) as NewPassword;
  // The phone may be lost as well.
  await run('accounts.remove-second-factor', { name });
  const { items } = (await run('accounts.list', {})) as AccountList;
  const { displayName, roles, revision } = items.find((account) => account.name === name && account.disabled) ?? {};
  if (revision !== undefined) await run('accounts.update', { name, displayName, roles, revision, disabled: false });
  return password;
}
