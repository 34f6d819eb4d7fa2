import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { createApiClient } from '../api-client.ts';
import { DEFAULT_ADDRESS, readCa, type ConnectOptions } from '../connect.ts';
import type { Terminal } from '../terminal.ts';
import { dataTokenPath, findTokenFile, homeTokenPath, writeTokenFile } from '../token-file.ts';

/** `kangqiao login`: changes a one-time password where needed and leaves a token (0600) for the other commands. */
export function loginCommand(terminal: Terminal): Command {
  return new Command('login')
    .summary('log in and keep a token for the other commands')
    .description(
      'Asks for account and password (or reads them from standard input, one a line) and keeps a token of 30 days in a file that only you can read.',
    )
    .addOption(new Option('--name <account>', 'account').default('admin'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ kangqiao login\n  $ kangqiao login --name wang --address https://control.example:8440 --ca ca.pem',
    )
    .action(async function (this: Command, { name }: { name: string }) {
      const options = this.optsWithGlobals<ConnectOptions>();
      const known = await findTokenFile(options.data);
      const ca = options.ca === undefined ? (known?.ca ?? (await readCa(options))) : await readCa(options);
      const address = (options.address ?? known?.address ?? DEFAULT_ADDRESS).replace(/\/$/, '');
      const target = { address, ...(ca === undefined ? {} : { ca }) };
      const guest = createApiClient(target, terminal.signal);
      const password = await terminal.ask(`Password of ${name} at ${address}: `, { hidden: true });
      const { client, mustChangePassword } = await guest.login(name, password);
      try {
        if (mustChangePassword) await changePassword(terminal, client, password);
        const { token } = (await client.call('POST', '/me/tokens', { label: `kangqiao login on ${hostname()}`.slice(0, 100) })) as {
          token: string;
        };
        await client.call('POST', '/logout');
        const path = options.data === undefined ? homeTokenPath() : dataTokenPath(options.data);
        await writeTokenFile(path, { ...target, token });
        terminal.tell(`Logged in as ${name}. The token is kept in ${path}.`);
      } finally {
        await Promise.all([guest.close(), client.close()]);
      }
    });
}

async function changePassword(terminal: Terminal, client: ReturnType<typeof createApiClient>, oldPassword: string): Promise<void> {
  terminal.tell('This one-time password must be changed: at least 12 characters, mixing three of small, capital, digit, other.');
  const newPassword = await terminal.ask('New password: ', { hidden: true });
  const again = await terminal.ask('New password again: ', { hidden: true });
  if (newPassword !== again) throw new Error('The two new passwords differ; nothing was changed.');
  await client.call('POST', '/me/password', { oldPassword, newPassword });
}
