/** `kangqiao archive …`: what was moved from the store into files, over the admin API. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ArchiveRun } from '../../engine/archive/archive-runs.ts';
import type { ArchiveDay, ExecutionPage } from '../../engine/services.ts';
import type { ApiClient } from '../api-client.ts';
import { withApi } from '../connect.ts';
import { formatTable, type Terminal } from '../terminal.ts';

export function archiveCommand(terminal: Terminal): Command {
  return new Command('archive')
    .summary('look into the archive of executions')
    .description('Executions that ended days ago lie in files (KQ_ARCHIVE_FOLDER); these commands read them through control.')
    .addCommand(listCommand(terminal))
    .addCommand(searchCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(runCommand(terminal))
    .addHelpText('after', '\nExample:\n  $ kangqiao archive list\n  $ kangqiao archive search --key patientId=P000001');
}

function runCommand(terminal: Terminal): Command {
  return new Command('run')
    .summary('archive now what is old enough, instead of within the hour')
    .description('A worker does it. Ctrl-C stops it: what is moved stays moved.')
    .addHelpText('after', '\nExample:\n  $ kangqiao archive run')
    .action(async function (this: Command) {
      let told = '';
      const tell = ({ status, archived, candidates }: ArchiveRun) => {
        const line = status === 'wanted' ? 'Waits for a worker …' : `${archived} of about ${candidates} archived …`;
        if (line !== told) terminal.tell(line);
        told = line;
      };
      const run = (await withApi(this, terminal, (api) =>
        api.follow('/archive/run', {}, (event) => tell(event as unknown as ArchiveRun)),
      )) as ArchiveRun;
      terminal.print(
        `${run.runId}: ${run.status}, ${run.archived} executions archived${run.errorCode === undefined ? '' : ` (${run.errorCode})`}`,
      );
    });
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .summary('list the days that are archived')
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText('after', '\nExample:\n  $ kangqiao archive list')
    .action(async function (this: Command, { json }: { json?: boolean }) {
      const { items } = (await withApi(this, terminal, (api) => api.call('GET', '/archive'))) as { items: readonly ArchiveDay[] };
      if (json === true) return terminal.print(JSON.stringify(items, null, 2));
      const rows = items.map(({ day, executions, bytes }) => [day, String(executions), (bytes / 1_048_576).toFixed(1)]);
      terminal.print(formatTable([['DAY', 'EXECUTIONS', 'MB'], ...rows]));
    });
}

interface SearchOptions {
  readonly key?: string;
  readonly flow?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: string;
  readonly json?: boolean;
}

function searchCommand(terminal: Terminal): Command {
  return new Command('search')
    .summary('find archived executions, newest first')
    .argument('[id]', 'id or trace id, whole or its beginning')
    .addOption(new Option('--key <name=value>', 'business key; takes the right to see payloads'))
    .addOption(new Option('--flow <id>', 'of this flow'))
    .addOption(new Option('--from <time>', 'accepted from then on, for example 2026-11-01').argParser(time))
    .addOption(new Option('--to <time>', 'accepted until then').argParser(time))
    .addOption(new Option('--limit <number>', 'so many at most').default('50'))
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText('after', '\nExample:\n  $ kangqiao archive search --key patientId=P000001 --from 2026-11-01')
    .action(async function (this: Command, text: string | undefined, options: SearchOptions) {
      const page = (await withApi(this, terminal, (api) => search(api, text, options))) as ExecutionPage;
      if (options.json === true) return terminal.print(JSON.stringify(page.items, null, 2));
      const rows = page.items.map((item) => [item.executionId, new Date(item.acceptedAt).toISOString(), item.flowId, item.status]);
      terminal.print(formatTable([['EXECUTION', 'ACCEPTED', 'FLOW', 'STATUS'], ...rows]));
      if (page.searchedFrom !== undefined)
        terminal.tell(`Looked back to ${new Date(page.searchedFrom).toISOString()}; name a time to go on.`);
      if (page.next !== undefined) terminal.tell('There are more: raise --limit, or narrow the time.');
    });
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .summary('print one execution with its steps')
    .argument('<id>', 'id of the execution')
    .addOption(new Option('--payload', 'with its data; takes the right to see them and leaves an audit line'))
    .addHelpText('after', '\nExample:\n  $ kangqiao archive show exe_01JD3W2Q5T --payload')
    .action(async function (this: Command, id: string, { payload }: { payload?: boolean }) {
      const path = `/executions/${encodeURIComponent(id)}${payload === true ? '/payload' : ''}`;
      terminal.print(JSON.stringify(await withApi(this, terminal, (api) => api.call('GET', path)), null, 2));
    });
}

/** The value of a business key names a patient: it goes in the body, since addresses stand in logs. */
function search(api: ApiClient, text: string | undefined, { key, flow, from, to, limit }: SearchOptions): Promise<unknown> {
  const conditions = { archived: true, limit: Number(limit), text, flowId: flow, from, to };
  if (key !== undefined) return api.call('POST', '/executions/search', { ...conditions, ...keyOf(key) });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(conditions)) if (value !== undefined) query.set(name, String(value));
  return api.call('GET', `/executions?${query.toString()}`);
}

function keyOf(key: string): { readonly keyName: string; readonly keyValue: string } {
  const at = key.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('A business key is written as name=value.');
  return { keyName: key.slice(0, at), keyValue: key.slice(at + 1) };
}

function time(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('A time is written as 2026-11-01 or 2026-11-01T08:00+08:00.');
  return at;
}
