/** What `--reset-password` does: the way back for whoever lost the last account of a kind, since who starts the platform holds the machine and its keys. */
import type { AccountList } from '../../control/accounts/accounts.ts';
import type { Control } from '../../control/create-control.ts';

export interface NewPassword {
  readonly name: string;
  readonly oneTimePassword: string;
}

/** Of an account with any role, whose second factor goes too; one that was disabled can log in again. ACCOUNT_UNKNOWN. */
export async function resetPassword({ run }: Pick<Control, 'run'>, name: string): Promise<NewPassword> {
  const password = (await run('accounts.reset-password', { name })) as NewPassword;
  // The phone may be lost as well.
  await run('accounts.remove-second-factor', { name });
  const { items } = (await run('accounts.list', {})) as AccountList;
  const { displayName, roles, revision } = items.find((account) => account.name === name && account.disabled) ?? {};
  if (revision !== undefined) await run('accounts.update', { name, displayName, roles, revision, disabled: false });
  return password;
}
