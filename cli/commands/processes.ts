/** The commands that start the processes of a distributed installation, one command for each. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { FRONTS } from '../../engine/contract/access/access.ts';
import { type GatewayOptions, overridesOf } from '../roots/root-options.ts';
import { port, withSettings } from './start.ts';

export function gatewayCommand(): Command {
  return withSettings(new Command('gateway'))
    .summary('start one gateway')
    .description('Starts one gateway front. If control and database are down, it serves from the plan that it has stored.')
    .addOption(new Option('--front <front>', 'which front').choices(FRONTS).makeOptionMandatory())
    .addOption(
      new Option('--flows <where>', 'run calls in this process, or forward them to bus gateways inside (for the DMZ)').choices([
        'local',
        'forward',
      ]),
    )
    .addOption(
      new Option('--processes <n>', 'start this many processes that share the port (needs a store on a server)').argParser(processCount),
    )
    .addOption(new Option('--process-number <n>').argParser(processCount).hideHelp())
    .addOption(new Option('--open-port <port>', 'port of the open front').argParser(port))
    .addOption(new Option('--user-port <port>', 'port of the user front').argParser(port))
    .addOption(new Option('--bus-port <port>', 'port of the bus front').argParser(port))
    .addHelpText(
      'after',
      '\nExample:\n  $ export KQ_STORE_ADDRESS=postgres://kangqiao@db/kangqiao KQ_SHARED_ADDRESS=rediss://redis\n  $ kangqiao gateway --front open --data /var/lib/kangqiao-open' +
        '\n\nIn the DMZ, without store, keys and passwords (docs/deployment.md):\n  $ export KQ_FORWARD_TO=https://bus.inside:8443 KQ_FORWARD_CERT_FILE=dmz.crt KQ_FORWARD_KEY_FILE=dmz.key KQ_FORWARD_CA_FILE=ca.crt\n  $ kangqiao gateway --front open --flows forward --data /var/lib/kangqiao-dmz',
    )
    .action(async function (this: Command, options: GatewayOptions) {
      if ((options.processes ?? 1) > 1 && options.processNumber === undefined) {
        const { superviseGateways } = await import('../supervise/supervise-gateways.ts');
        process.exitCode = await superviseGateways(overridesOf(this), options.processes!);
        return;
      }
      const { startGateway } = await import('../roots/gateway.ts');
      process.exitCode = await startGateway(overridesOf(this), options);
    });
}

export function workerCommand(): Command {
  return withSettings(new Command('worker'))
    .summary('start one worker')
    .description('Starts a worker: it claims durable work, runs triggers and recovers work after a crash.')
    .addHelpText('after', '\nExample:\n  $ kangqiao worker --data /var/lib/kangqiao')
    .action(async function (this: Command) {
      const { startWorker } = await import('../roots/worker.ts');
      process.exitCode = await startWorker(overridesOf(this));
    });
}

export function controlCommand(): Command {
  return withSettings(new Command('control'))
    .summary('start control: admin API, registry, console')
    .description('Starts control. Gateways and workers continue to run without it.')
    .addOption(new Option('--control-port <port>', 'port of the admin API and console').argParser(port))
    .addHelpText('after', '\nExample:\n  $ kangqiao control --data /var/lib/kangqiao')
    .action(async function (this: Command) {
      const { startControl } = await import('../roots/control.ts');
      process.exitCode = await startControl(overridesOf(this));
    });
}

/** More processes than this have no advantage on one machine. */
const MOST_PROCESSES = 64;

function processCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_PROCESSES) return count;
  throw new InvalidArgumentError(`Write a number from 1 to ${MOST_PROCESSES}.`);
}
