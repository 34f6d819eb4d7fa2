import { Command, InvalidArgumentError, Option } from 'commander';
import { overridesOf, type StartOptions } from '../roots/root-options.ts';

/** `kangqiao start` runs everything in one process on a data folder. */
export function startCommand(): Command {
  return withSettings(new Command('start'))
    .summary('start everything in one process on a data folder')
    .description('Starts gateways, worker and control in one process on embedded storage; no server is needed. Ctrl-C drains and stops it.')
    .addOption(new Option('--example <name>', 'load this example into an empty store and simulate the systems around it').choices(['city']))
    .addOption(new Option('--example-port <port>', 'first of the ports of the simulated systems (default: 21000)').argParser(port))
    .addOption(
      new Option('--reset-password <account>', 'give this account a new one-time password, shown on the terminal, and let it log in again'),
    )
    .addOption(new Option('--open-port <port>', 'port of the open front').argParser(port))
    .addOption(new Option('--user-port <port>', 'port of the user front').argParser(port))
    .addOption(new Option('--bus-port <port>', 'port of the bus front').argParser(port))
    .addOption(new Option('--control-port <port>', 'port of the admin API and console').argParser(port))
    .addHelpText('after', '\nExamples:\n  $ kangqiao start --example city\n  $ kangqiao start --data /var/lib/kangqiao --control-port 9440')
    .action(async function (this: Command, options: StartOptions) {
      const { startAllInOne } = await import('../roots/all-in-one.ts');
      process.exitCode = await startAllInOne(overridesOf(this), options);
    });
}

/** Adds the options of every process. `--data` is an option of the program itself. */
export function withSettings(command: Command): Command {
  return command.addOption(new Option('--host <address>', 'address to listen on; any address except loopback requires TLS'));
}

export function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('A port must be a whole number from 0 to 65535; 0 means any free port.');
}
