import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { DEFAULT_ADDRESS, readCa, type ConnectOptions } from '../shared/connect.ts';
import { changePassword, logIn, setUpSecondFactor } from '../shared/log-in.ts';
import type { Terminal } from '../shared/terminal.ts';
import { dataTokenPath, findTokenFile, homeTokenPath, writeTokenFile } from '../shared/token-file.ts';

/**
 * `kangqiao login` changes a one-time password if needed, and stores a token for the other commands in a file with mode
 * 0600.
 */
export function loginCommand(terminal: Terminal): Command {
  return new Command('login')
    .summary('log in and store a token for the other commands')
    .description(
      'Asks for account and password (or reads them from standard input, one per line) and stores a token valid for 30 days in a file that only you can read.',
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
      const { createApiClient } = await import('../shared/api-client.ts');
      const guest = createApiClient(target, terminal.signal);
      const { client, password, mustChangePassword, mustSetUpSecondFactor } = await logIn(terminal, guest, name, address);
      const clients = [guest, client];
      try {
        if (mustChangePassword) clients.push(await changePassword(terminal, client, password));
        // Use the newest client: setting up the second factor requires the password, and the password may have just
        // changed.
        if (mustSetUpSecondFactor) await setUpSecondFactor(terminal, clients.at(-1)!);
        const own = clients.at(-1)!;
        const { token } = (await own.call('POST', '/me/tokens', { label: `kangqiao login on ${hostname()}`.slice(0, 100) })) as {
          token: string;
        };
        await own.call('POST', '/logout');
        const path = options.data === undefined ? homeTokenPath() : dataTokenPath(options.data);
        await writeTokenFile(path, { ...target, token });
        terminal.tell(`Logged in as ${name}. The token is stored in ${path}.`);
      } finally {
        await Promise.all(clients.map((one) => one.close()));
      }
    });
}
