/** `kangqiao archive …` reads, over the admin API, executions that were moved from the store into archive files. */
import { Command, Option } from 'commander';
import type { ArchiveRun } from '../../engine/archive/archive-runs.ts';
import type { ArchiveDay } from '../../engine/archive/read-archive.ts';
import { withApi } from '../shared/connect.ts';
import { printPage, searchExecutions, searchOptions, type SearchOptions } from '../shared/search-executions.ts';
import { formatTable, type Terminal } from '../shared/terminal.ts';

export function archiveCommand(terminal: Terminal): Command {
  return new Command('archive')
    .summary('read the archive of executions')
    .description('Executions that ended days ago are stored in files (KQ_ARCHIVE_FOLDER); these commands read them through control.')
    .addCommand(listCommand(terminal))
    .addCommand(searchCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(runCommand(terminal))
    .addHelpText('after', '\nExample:\n  $ kangqiao archive list\n  $ kangqiao archive search --key patientId=P000001');
}

function runCommand(terminal: Terminal): Command {
  return new Command('run')
    .summary('archive now what is old enough, instead of within the hour')
    .description('A worker does the work. Ctrl-C stops it: what has been moved stays moved.')
    .addHelpText('after', '\nExample:\n  $ kangqiao archive run')
    .action(async function (this: Command) {
      let told = '';
      const tell = ({ status, archived, candidates }: ArchiveRun) => {
        const line = status === 'wanted' ? 'Waiting for a worker …' : `${archived} of about ${candidates} archived …`;
        if (line !== told) terminal.tell(line);
        told = line;
      };
      const run = (await withApi(this, terminal, (api) => api.follow('/archive/run', {}, tell))) as ArchiveRun;
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

function searchCommand(terminal: Terminal): Command {
  const command = new Command('search')
    .summary('find archived executions, newest first')
    .argument('[id]', 'id or trace id, complete or only its beginning')
    .addHelpText('after', '\nExample:\n  $ kangqiao archive search --key patientId=P000001 --from 2026-11-01')
    .action(async function (this: Command, text: string | undefined, options: SearchOptions) {
      printPage(terminal, await withApi(this, terminal, (api) => searchExecutions(api, { text, archived: true }, options)), options);
    });
  for (const option of searchOptions()) command.addOption(option);
  return command;
}

function showCommand(terminal: Terminal): Command {
  return new Command('show')
    .summary('print one execution with its steps')
    .argument('<id>', 'id of the execution')
    .addOption(new Option('--payload', 'with its data; requires the right to see it and writes an audit line'))
    .addHelpText('after', '\nExample:\n  $ kangqiao archive show exe_01JD3W2Q5T --payload')
    .action(async function (this: Command, id: string, { payload }: { payload?: boolean }) {
      const path = `/executions/${encodeURIComponent(id)}${payload === true ? '/payload' : ''}`;
      terminal.print(JSON.stringify(await withApi(this, terminal, (api) => api.call('GET', path)), null, 2));
    });
}
