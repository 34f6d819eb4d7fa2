/**
 * Logs in a person at the terminal. Asks for the password and, if the account has a second factor, for its code. Also
 * changes the password and sets up the second factor if the account must do so first.
 */
import type { ApiClient, LoggedIn } from './api-client.ts';
import { ApiError } from './api-errors.ts';
import type { Terminal } from './terminal.ts';

/** Asks for the password and, if needed, for a code, and logs in. */
export async function logIn(
  terminal: Terminal,
  guest: ApiClient,
  name: string,
  address = '',
): Promise<LoggedIn & { readonly password: string }> {
  const password = await terminal.ask(`Password of ${name}${address === '' ? '' : ` at ${address}`} 密码: `, { hidden: true });
  try {
    return { ...(await guest.login(name, password)), password };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'LOGIN_CODE_REQUIRED') throw error;
  }
  const code = await terminal.ask('Code of the second factor, or a recovery code 验证码或恢复码: ');
  return { ...(await guest.login(name, password, code)), password };
}

/** Asks for a new password, changes it, and returns a client that uses it. */
export async function changePassword(terminal: Terminal, client: ApiClient, oldPassword: string): Promise<ApiClient> {
  terminal.tell('This password must be changed: at least 12 characters from three of lower case, upper case, digits, others.');
  const newPassword = await terminal.ask('New password: ', { hidden: true });
  const again = await terminal.ask('New password again: ', { hidden: true });
  if (newPassword !== again) throw new Error('The two new passwords differ; nothing was changed.');
  await client.call('POST', '/me/password', { oldPassword, newPassword });
  return client.withPassword(newPassword);
}

/** Shows the secret for the authenticator app, and activates it once the person has entered a code of the app. */
export async function setUpSecondFactor(terminal: Terminal, client: ApiClient): Promise<void> {
  const { secret, uri } = (await client.call('POST', '/me/second-factor')) as { readonly secret: string; readonly uri: string };
  terminal.tell('This installation requires a second factor. Enter this key in an authenticator app (time-based, six digits):');
  terminal.tell('平台要求第二因素，请在验证器应用中添加此密钥（基于时间，6 位）：');
  terminal.tell(`\n  ${secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}\n  ${uri}\n`);
  const code = await terminal.ask('Code that the app shows now 应用显示的验证码: ');
  const { recoveryCodes } = (await client.call('POST', '/me/second-factor/confirm', { code })) as {
    readonly recoveryCodes: readonly string[];
  };
  terminal.tell(
    'Recovery codes for a lost phone, each good once. Keep them apart from it; they are not shown again. 恢复码，只显示这一次：',
  );
  terminal.tell(`\n  ${recoveryCodes.join('\n  ')}\n`);
}
