/**
 * Resets a password for `--reset-password`, if nobody with the required role can log in any more. The person who starts
 * the platform controls the machine and its keys.
 */
import type { AccountList } from '../../control/accounts/accounts.ts';
import type { Control } from '../../control/create-control.ts';

export interface NewPassword {
  readonly name: string;
  readonly oneTimePassword: string;
}

/**
 * Gives an account with any role a new one-time password, removes its second factor, and enables it if it was disabled.
 * Rejects with ACCOUNT_UNKNOWN (input) if there is no such account.
 */
export async function resetPassword({ run }: Pick<Control, 'run'>, name: string): Promise<NewPassword> {
  const password = (await run('accounts.reset-password', { name })) as NewPassword;
  // The person may have lost the phone too.
  await run('accounts.remove-second-factor', { name });
  const { items } = (await run('accounts.list', {})) as AccountList;
  const { displayName, roles, revision } = items.find((account) => account.name === name && account.disabled) ?? {};
  if (revision !== undefined) await run('accounts.update', { name, displayName, roles, revision, disabled: false });
  return password;
}
