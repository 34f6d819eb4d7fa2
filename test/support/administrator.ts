/** The first administrator of a started platform as a person: a person who repeats the password creates accounts, never a token. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataTokenPath, writeTokenFile } from '../../cli/shared/token-file.ts';

/** What the tests change the one-time password into. */
export const ADMIN_PASSWORD = 'First-of-the-house-2026';

/** One call of the admin API with these headers in addition to those of its body; `path` follows `/api/v1`. */
export type Send = (
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly cookie: string; readonly body: unknown }>;

export interface Administrator {
  /** Of the command line, as the file in the data folder holds it. */
  readonly token: string;
  /** What a call as this person carries. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The first call of a platform changes the one-time password, which ends the token of the command line: another one takes its place. */
export async function logInAdministrator(dataFolder: string, address: string, send: Send): Promise<Administrator> {
  const client = { 'x-kq-client': 'test' };
  const logIn = (password: string) => send('POST', '/login', { name: 'admin', password }, client);
  const own = (cookie: string) => ({ ...client, cookie, 'x-kq-password': ADMIN_PASSWORD });
  const known = await logIn(ADMIN_PASSWORD);
  if (known.status === 200) {
    const { token } = JSON.parse(await readFile(dataTokenPath(dataFolder), 'utf8')) as { token: string };
    return { token, headers: own(known.cookie) };
  }
  const [, oneTime = ''] = (await readFile(join(dataFolder, 'handover', 'one-time-password'), 'utf8')).split('\n');
  const headers = own((await logIn(oneTime)).cookie);
  const changed = await send('POST', '/me/password', { oldPassword: oneTime, newPassword: ADMIN_PASSWORD }, headers);
  assert.equal(changed.status, 200, `the administrator cannot log in: ${JSON.stringify(changed.body)}`);
  const { token } = (await send('POST', '/me/tokens', { label: 'tests' }, headers)).body as { token: string };
  await writeTokenFile(dataTokenPath(dataFolder), { address, token });
  return { token, headers };
}
