/** `kangqiao bundle …` exports and imports flows in one file, with everything they need in another installation. */
import { Command, Option } from 'commander';
import { withApi } from '../shared/connect.ts';
import { readJsonInput } from '../shared/read-input.ts';
import type { Terminal } from '../shared/terminal.ts';

export function bundleCommand(terminal: Terminal): Command {
  return new Command('bundle')
    .summary('export and import flows with everything they need')
    .description(
      'A bundle contains flows with their adapters, code tables and interfaces, and the services, address lists and rule sets of these, but no secrets. An import publishes no flow.',
    )
    .addCommand(exportCommand(terminal))
    .addCommand(importCommand(terminal))
    .addHelpText('after', '\nExample:\n  $ kangqiao bundle export flw_appointment > appointment.bundle.json');
}

function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .summary('print a bundle of these flows; without ids, of all flows, interfaces, services, address lists and rule sets')
    .argument('[id...]', 'ids of flows')
    .addOption(
      new Option('--source <source>', 'which version of each flow; recorded in the file').choices(['draft', 'published']).default('draft'),
    )
    .addHelpText('after', '\nExample:\n  $ kangqiao bundle export > installation.bundle.json')
    .action(async function (this: Command, ids: readonly string[], { source }: { source: string }) {
      const input = { source, ...(ids.length === 0 ? {} : { flowIds: ids }) };
      terminal.print(JSON.stringify(await withApi(this, terminal, (api) => api.call('POST', '/bundles/export', input)), null, 2));
    });
}

function importCommand(terminal: Terminal): Command {
  return new Command('import')
    .summary('import a bundle over drafts with the same ids; refused completely if it would change anything in use')
    .argument('<file>', 'the bundle; - is standard input')
    .addOption(
      new Option(
        '--replace',
        'replace what is in use, such as adapters and interfaces, by what is in the file; settings of environments that the file does not contain are kept',
      ),
    )
    .addOption(new Option('--json', 'print the response as JSON'))
    .addHelpText(
      'after',
      '\nA bundle has at most 10 MB: export a larger installation in parts, by flow ids.\n\nExample:\n  $ kangqiao bundle import appointment.bundle.json',
    )
    .action(async function (this: Command, file: string, { json, replace }: { json?: boolean; replace?: boolean }) {
      const bundle = await readJsonInput(file);
      const path = `/bundles/import${replace === true ? '?replace=true' : ''}`;
      const answer = await withApi(this, terminal, (api) =>
        api.follow(path, bundle, ({ kind, id, done, of }) =>
          terminal.tell(`${String(kind)} ${String(id)}, ${String(done)} of ${String(of)}`),
        ),
      );
      if (json === true) terminal.print(JSON.stringify(answer, null, 2));
      else terminal.print(`${file} is imported: ${summaryOf(answer)}. Publish its flows with \`kangqiao flow publish <id>\`.`);
    });
}

/** Returns the numbers of documents in words, such as `flows 2, interfaces 1`. */
function summaryOf(answer: unknown): string {
  const counts = Object.entries(answer as Readonly<Record<string, unknown>>).filter(([, count]) => typeof count === 'number' && count > 0);
  return counts.length === 0 ? 'it is empty' : counts.map(([kind, count]) => `${kind} ${String(count)}`).join(', ');
}
