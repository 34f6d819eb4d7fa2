/**
 * Resets a password for `--reset-password`, if nobody with the required role can log in any more. The person who starts
 * the platform controls the machine and its keys, so they may do this.
 */
import type { AccountItem, AccountList } from '../../control/accounts/accounts.ts';
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
  // The person may also have lost the phone.
  await run('accounts.remove-second-factor', { name });
  const account = await findAccount(run, name);
  if (account?.disabled !== true) return password;
  const { displayName, roles, revision } = account;
  await run('accounts.update', { name, displayName, roles, revision, disabled: false });
  return password;
}

async function findAccount(run: Control['run'], name: string): Promise<AccountItem | undefined> {
  for (let after: string | undefined; ;) {
    const { items, next } = (await run('accounts.list', after === undefined ? {} : { after })) as AccountList;
    const found = items.find((account) => account.name === name);
    if (found !== undefined || next === undefined) return found;
    after = next;
  }
}
