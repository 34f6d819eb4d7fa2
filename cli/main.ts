/** The `kangqiao` program. Parses the command line, runs one command and returns its exit code. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../engine/contract/values/errors.ts';
import { ApiError } from './shared/api-errors.ts';
import { bundleCommand } from './commands/bundle.ts';
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { archiveCommand } from './commands/archive.ts';
import { doctorCommand } from './commands/doctor.ts';
import { extensionCommand } from './commands/extension.ts';
import { flowCommand } from './commands/flow.ts';
import { heldCommand } from './commands/held.ts';
import { keysCommand } from './commands/keys.ts';
import { loginCommand } from './commands/login.ts';
import { messageCommand } from './commands/message.ts';
import { moveCommand } from './commands/move.ts';
import { controlCommand, gatewayCommand, workerCommand } from './commands/processes.ts';
import { resourceCommand } from './commands/resource.ts';
import { signCommand } from './commands/sign.ts';
import { startCommand } from './commands/start.ts';
import { tokenCommand } from './commands/token.ts';
import { verifyCommand } from './commands/verify.ts';
import { versionCommand } from './commands/version.ts';
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './shared/exit-codes.ts';
import { RESOURCES } from './shared/resources.ts';
import { createTerminal, formatIssue, type Terminal } from './shared/terminal.ts';
import { readVersion } from './shared/version.ts';

/**
 * Commands that run until a signal. They handle Ctrl-C themselves, because they must first finish the work in progress.
 */
const LONG_RUNNING = new Set(['start', 'gateway', 'worker', 'control']);

export async function main(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  if (!LONG_RUNNING.has(args.find((arg) => !arg.startsWith('-')) ?? '')) onInterrupt(interrupt);
  const terminal = createTerminal(interrupt.signal);
  try {
    await createProgram(terminal).parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    report(terminal, error);
    return exitCodeOf(error);
  }
}

export function createProgram(terminal: Terminal): Command {
  const program = new Command('kangqiao')
    .description('康桥: integration flows and gateways for medical and health services.')
    .version(readVersion())
    .addOption(new Option('--data <folder>', 'data folder (also contains the token of a started system)'))
    .addOption(new Option('--address <url>', 'address of control, for commands that use the admin API'))
    .addOption(new Option('--ca <file>', 'PEM of the CA to trust'))
    .addOption(new Option('--token-file <file>', 'file with a token of `kangqiao token create`, instead of the stored one'))
    .showHelpAfterError('(add --help to see what is possible)')
    .addHelpText('after', EXIT_CODES_HELP);
  const commands = [
    startCommand(),
    gatewayCommand(),
    workerCommand(),
    controlCommand(),
    loginCommand(terminal),
    tokenCommand(terminal),
    flowCommand(terminal),
    ...RESOURCES.map((resource) => resourceCommand(resource, terminal)),
    bundleCommand(terminal),
    messageCommand(terminal),
    heldCommand(terminal),
    archiveCommand(terminal),
    signCommand(terminal),
    keysCommand(terminal),
    extensionCommand(terminal),
    moveCommand(terminal),
    backupCommand(terminal),
    restoreCommand(terminal),
    doctorCommand(terminal),
    verifyCommand(terminal),
    versionCommand(terminal),
  ];
  for (const command of commands) program.addCommand(command);
  throwInsteadOfExit(program);
  return program;
}

/** Makes the parser throw instead of ending the process, so that only `main` decides the exit code. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

/** The first Ctrl-C cancels the command; the second ends the process. */
function onInterrupt(interrupt: AbortController): void {
  process.once('SIGINT', () => {
    const reason = new Error('interrupted');
    reason.name = 'AbortError';
    interrupt.abort(reason);
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
  });
}

/**
 * Prints what happened, why, and what to do. Prints nothing for an error of the parser, which has already printed it.
 */
function report(terminal: Terminal, error: unknown): void {
  if (error instanceof CommanderError && !(error instanceof InvalidArgumentError)) return;
  if (!(error instanceof Error)) return terminal.tell(String(error));
  if (error.name === 'AbortError') return terminal.tell('Cancelled.');
  const isKnown = error instanceof AppError || error instanceof ApiError;
  terminal.tell(isKnown ? `${error.message} [${error.code}]` : error.message);
  if (!isKnown) return;
  for (const issue of error.issues) terminal.tell(formatIssue(issue));
  if (error.fix !== undefined) terminal.tell(error.fix);
}
