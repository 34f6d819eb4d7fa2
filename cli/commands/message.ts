/** `kangqiao message …` finds, shows, resends, ends and cancels executions with their messages. */
import { Command, Option } from 'commander';
import type { ExecutionDetails } from '../../engine/operate/interface.ts';
import type { ResendAnswer } from '../../control/executions/resend.ts';
import { withApi } from '../shared/connect.ts';
import { readJsonInput } from '../shared/read-input.ts';
import { printPage, searchExecutions, searchOptions, type SearchOptions } from '../shared/search-executions.ts';
import type { Terminal } from '../shared/terminal.ts';

const STATUSES = ['queued', 'running', 'waiting', 'held', 'completed', 'failed', 'cancelled'];

export function messageCommand(terminal: Terminal): Command {
  return new Command('message')
    .summary('find, show, resend and end messages')
    .description('Works with executions and their messages over the admin API.')
    .addCommand(listCommand(terminal))
    .addCommand(getCommand(terminal))
    .addCommand(resendCommand(terminal))
    .addCommand(concludeCommand(terminal))
    .addCommand(cancelCommand(terminal))
    .addHelpText('after', '\nExample:\n  $ kangqiao message list --status failed --from 2026-11-28');
}

function listCommand(terminal: Terminal): Command {
  const command = new Command('list')
    .summary('find executions, newest first')
    .argument('[id]', 'id or trace id, complete or only its beginning')
    .addOption(new Option('--status <status>', 'in this state').choices(STATUSES))
    .addHelpText('after', '\nExample:\n  $ kangqiao message list --flow flw_admission --status held')
    .action(async function (this: Command, text: string | undefined, options: SearchOptions & { readonly status?: string }) {
      const { status } = options;
      printPage(terminal, await withApi(this, terminal, (api) => searchExecutions(api, { text, status }, options)), options);
    });
  for (const option of searchOptions()) command.addOption(option);
  return command;
}

function getCommand(terminal: Terminal): Command {
  return new Command('get')
    .summary('print one execution with its steps')
    .argument('<id>', 'id of the execution')
    .addOption(new Option('--payload', 'with its data; requires the right to see it and writes an audit line'))
    .addHelpText('after', '\nExample:\n  $ kangqiao message get exe_01JD3W2Q5T --payload')
    .action(async function (this: Command, id: string, { payload }: { payload?: boolean }) {
      const path = `/executions/${encodeURIComponent(id)}${payload === true ? '/payload' : ''}`;
      terminal.print(JSON.stringify(await withApi(this, terminal, (api) => api.call('GET', path)), null, 2));
    });
}

interface ResendOptions {
  readonly reason: string;
  readonly message?: string;
  readonly acceptUnknown?: boolean;
  readonly acceptDone?: boolean;
  readonly newKeys?: boolean;
}

function resendCommand(terminal: Terminal): Command {
  return new Command('resend')
    .summary('resend a message through the published flow; a held one keeps its place')
    .argument('<id>', 'id of the execution')
    .addOption(new Option('--reason <text>', 'the reason, for the audit trail').makeOptionMandatory())
    .addOption(new Option('--message <file>', 'corrected content, JSON: {"data": …}; - is standard input'))
    .addOption(new Option('--accept-unknown', 'confirms that the write with the unknown outcome was not done'))
    .addOption(new Option('--accept-done', 'confirms that completed writes that are not idempotent should be done once more'))
    .addOption(new Option('--new-keys', 'use new keys, for a receiver that remembers its refusal by the key'))
    .addHelpText('after', '\nExample:\n  $ kangqiao message resend exe_01JD3W2Q5T --reason "code table was missing A08"')
    .action(async function (this: Command, id: string, { message, ...chosen }: ResendOptions) {
      const edited = message === undefined ? {} : { message: await readJsonInput(message) };
      const path = `/executions/${encodeURIComponent(id)}`;
      const answer = (await withApi(this, terminal, async (api) => {
        const { status } = (await api.call('GET', path)) as ExecutionDetails;
        return api.call('POST', `${path}/resend`, { seen: status, ...chosen, ...edited });
      })) as ResendAnswer;
      terminal.print(`${id} was resent as ${answer.executionId}${answer.replaced ? ', in its place' : ''}.`);
    });
}

interface ConcludeOptions {
  readonly reason: string;
  readonly wasDone?: boolean;
  readonly reply?: string;
}

function concludeCommand(terminal: Terminal): Command {
  return new Command('conclude')
    .summary('end a held execution as done, with or without a reply for its caller')
    .argument('<id>', 'id of the execution')
    .addOption(new Option('--reason <text>', 'the reason, for the audit trail').makeOptionMandatory())
    .addOption(new Option('--was-done', 'confirms that the other side was asked and that the write with the unknown outcome was done'))
    .addOption(new Option('--reply <file>', 'the reply, JSON: {"status": 201, "data": …}; - is standard input'))
    .addHelpText('after', '\nExample:\n  $ kangqiao message conclude exe_01JD3W2Q5T --reason "booked by phone" --was-done')
    .action(async function (this: Command, id: string, { reply: file, ...chosen }: ConcludeOptions) {
      const reply = file === undefined ? {} : { reply: await readJsonInput(file) };
      const path = `/executions/${encodeURIComponent(id)}`;
      await withApi(this, terminal, async (api) => {
        // Conclude exactly the attempt that was read. If the execution continues between the two calls, the second call
        // fails.
        const { attempt } = (await api.call('GET', path)) as ExecutionDetails;
        return api.call('POST', `${path}/conclude`, { attempt, ...chosen, ...reply });
      });
      terminal.print(`${id} was ended as done, ${file === undefined ? 'without a reply' : 'with a reply'}.`);
    });
}

function cancelCommand(terminal: Terminal): Command {
  return new Command('cancel')
    .summary('cancel an execution')
    .argument('<id>', 'id of the execution')
    .addOption(new Option('--reason <text>', 'the reason, for the audit trail').makeOptionMandatory())
    .addHelpText('after', '\nExample:\n  $ kangqiao message cancel exe_01JD3W2Q5T --reason "sent by mistake"')
    .action(async function (this: Command, id: string, { reason }: { reason: string }) {
      await withApi(this, terminal, (api) => api.call('POST', `/executions/${encodeURIComponent(id)}/cancel`, { reason }));
      terminal.print(`${id} is being cancelled.`);
    });
}
