/** `kangqiao flow …` works with flows by file or id, over the admin API. */
import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Issue } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { FlowSummary, PublishReport, TestReport } from '../../engine/publish/interface.ts';
import type { TrialAnswer } from '../../control/flows/trials.ts';
import type { ApiClient } from '../shared/api-client.ts';
import { ApiError } from '../shared/api-errors.ts';
import { withApi } from '../shared/connect.ts';
import { keepRevision } from '../shared/flow-file.ts';
import { readJsonInput } from '../shared/read-input.ts';
import { readList } from '../shared/read-list.ts';
import { formatIssue, formatTable, type Terminal } from '../shared/terminal.ts';

const FLOW_ID = /^flw_[A-Za-z0-9_-]{1,60}$/;
const WHAT = 'a JSON file, or the id of a stored draft';

export function flowCommand(terminal: Terminal): Command {
  return new Command('flow')
    .summary('check, test, publish, run and list flows')
    .description(
      'Works with flows over the admin API. The revision in a file must be the stored one; `publish` writes the saved revision back into the file. Revision 0 means "any stored revision".',
    )
    .addCommand(listCommand(terminal))
    .addCommand(getCommand(terminal))
    .addCommand(validateCommand(terminal))
    .addCommand(testCommand(terminal))
    .addCommand(publishCommand(terminal))
    .addCommand(runCommand(terminal))
    .addCommand(rollbackCommand(terminal))
    .addHelpText(
      'after',
      '\nExample:\n  $ kangqiao flow get flw_appointment > appointment.json\n  $ kangqiao flow test appointment.json\n  $ kangqiao flow publish appointment.json',
    );
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .summary('list flows')
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText('after', '\nExamples:\n  $ kangqiao flow list\n  $ kangqiao flow list --json | jq -r .[].flowId')
    .action(async function (this: Command, { json }: { json?: boolean }) {
      const items = await withApi(this, terminal, (api) => readList<FlowSummary>(api, '/flows'));
      if (json === true) return terminal.print(JSON.stringify(items, null, 2));
      const rows = items.map((flow) => [flow.flowId, flow.name['zh-CN'], flow.mode, stateOf(flow)]);
      terminal.print(formatTable([['FLOW', 'NAME', 'MODE', 'STATE'], ...rows]));
    });
}

function getCommand(terminal: Terminal): Command {
  return new Command('get')
    .summary('print a stored draft, for editing')
    .argument('<id>', 'id of the flow')
    .addHelpText('after', '\nExample:\n  $ kangqiao flow get flw_appointment > appointment.json')
    .action(async function (this: Command, id: string) {
      terminal.print(JSON.stringify(await withApi(this, terminal, (api) => api.call('GET', `/flows/${flowId(id)}`)), null, 2));
    });
}

function validateCommand(terminal: Terminal): Command {
  return new Command('validate')
    .summary('report all problems at once')
    .argument('<file|id>', WHAT)
    .addHelpText('after', '\nExample:\n  $ kangqiao flow validate appointment.json')
    .action(async function (this: Command, what: string) {
      const report = (await withApi(this, terminal, async (api) =>
        api.call('POST', '/flows/validate', await load(api, what)),
      )) as Validation;
      for (const issue of report.issues) terminal.print(formatIssue(issue));
      if (!report.valid) throw new Error(`${what} has ${report.issues.length} problem(s).`);
      terminal.tell(`${what} is valid.`);
    });
}

interface Validation {
  readonly valid: boolean;
  readonly issues: readonly Issue[];
}

function testCommand(terminal: Terminal): Command {
  return new Command('test')
    .summary('run the saved tests')
    .argument('<file|id>', WHAT)
    .addHelpText('after', '\nExample:\n  $ kangqiao flow test appointment.json')
    .action(async function (this: Command, what: string) {
      const report = (await withApi(this, terminal, async (api) =>
        api.follow('/flows/test', { document: await load(api, what) }, ({ done, of }) =>
          terminal.tell(`test ${String(done)} of ${String(of)}`),
        ),
      )) as TestReport;
      for (const test of report.tests) {
        terminal.print(
          `${test.passed ? '✓' : '✗'} ${test.name} (${Math.round(test.durationMs)} ms)${test.problems.map(({ message }) => `\n    ${message}`).join('')}`,
        );
      }
      if (!report.passed) throw new Error(`${report.tests.filter((test) => !test.passed).length} of ${report.tests.length} tests failed.`);
      terminal.tell(`${report.tests.length} tests passed.`);
    });
}

function publishCommand(terminal: Terminal): Command {
  return new Command('publish')
    .summary('check, test and publish a flow; a file is first saved as draft')
    .argument('<file|id>', WHAT)
    .addOption(new Option('--note <text>', 'the reason, stored with the version; required in production'))
    .addOption(
      new Option(
        '--revision <n>',
        'for a stored draft: the revision that you reviewed; if the draft was saved since, it is not published',
      ).argParser(wholeNumber),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ kangqiao flow publish appointment.json\n  $ kangqiao flow publish flw_appointment --revision 12',
    )
    .action(async function (this: Command, what: string, { note, revision: wanted }: { note?: string; revision?: number }) {
      if (wanted !== undefined && isFile(what))
        throw new Error('A file is published as it is saved: use --revision only with the id of a flow.');
      const report = (await withApi(this, terminal, async (api) => {
        const { id, revision = wanted } = await saveIfFile(api, terminal, what);
        const body = { ...(note === undefined ? {} : { note }), ...(revision === undefined ? {} : { revision }) };
        return api.follow(`/flows/${id}/publish`, body, ({ stage }) => terminal.tell(`${String(stage)} …`));
      })) as PublishReport;
      for (const warning of report.warnings) terminal.tell(formatIssue(warning));
      terminal.print(
        report.changed
          ? `${report.flowId} version ${report.version} is published.`
          : `${report.flowId} version ${report.version} was already published.`,
      );
    });
}

function runCommand(terminal: Terminal): Command {
  return new Command('run')
    .summary('run a flow once with an input and show every step; nothing is stored')
    .argument('<file|id>', WHAT)
    .addOption(new Option('--input <file>', 'the trigger\'s message, JSON: {"data": …}; - is standard input').default('-'))
    .addOption(new Option('--mocks <file>', 'results of nodes that would call other systems, JSON by node id'))
    .addHelpText('after', '\nExample:\n  $ echo \'{"data": {"body": {}}}\' | kangqiao flow run appointment.json --mocks mocks.json')
    .action(async function (this: Command, what: string, options: { input: string; mocks?: string }) {
      const input = await readJsonInput(options.input);
      const mocks = options.mocks === undefined ? {} : await readJsonInput(options.mocks);
      const result = (await withApi(this, terminal, async (api) =>
        api.call('POST', '/flows/trial', { document: await load(api, what), input, mocks }),
      )) as TrialAnswer;
      for (const step of result.steps)
        terminal.tell(
          `${step.status === 'completed' || step.status === 'skipped' ? '✓' : '✗'} ${step.node} ${step.status} (${Math.round(step.durationMs)} ms)${step.error === undefined ? '' : ` ${step.error.code}: ${step.error.message}`}`,
        );
      terminal.print(JSON.stringify({ status: result.status, reply: result.reply, error: result.error }, null, 2));
      if (result.status !== 'completed') throw new Error(`The run ended as ${result.status}.`);
    });
}

function rollbackCommand(terminal: Terminal): Command {
  return new Command('rollback')
    .summary('publish an older version again')
    .argument('<id>', 'id of the flow')
    .argument('[version]', 'its number; if left out: the previous version')
    .addHelpText('after', '\nExample:\n  $ kangqiao flow rollback flw_appointment 3')
    .action(async function (this: Command, id: string, number: string | undefined) {
      const report = (await withApi(this, terminal, async (api) => {
        const version = number === undefined ? await versionBefore(api, flowId(id)) : wholeNumber(number);
        return api.call('POST', `/flows/${flowId(id)}/rollback`, { version });
      })) as PublishReport;
      terminal.print(`${report.flowId} version ${report.version} is published again.`);
    });
}

async function load(api: ApiClient, what: string): Promise<FlowDocument> {
  if (isFile(what)) return (await readJsonInput(what)) as FlowDocument;
  return (await api.call('GET', `/flows/${flowId(what)}`)) as FlowDocument;
}

/**
 * Saves a file as the draft, so that exactly the flow in the file is published. Then writes the new revision into the
 * file, even if publishing fails, unless the file has revision 0. So the next save of the file conflicts only with
 * saves of other people.
 */
async function saveIfFile(api: ApiClient, terminal: Terminal, what: string): Promise<{ id: string; revision?: number }> {
  if (!isFile(what)) return { id: flowId(what) };
  const document = await load(api, what);
  const id = flowId(document.flowId);
  const revision = document.revision === 0 ? await storedRevision(api, id) : document.revision;
  const saved = (await api.call('PUT', `/flows/${id}`, { ...document, revision })) as FlowDocument;
  terminal.tell(`saved ${id} as revision ${saved.revision}`);
  const mustKeep = what !== '-' && document.revision !== 0;
  if (mustKeep && !(await keepRevision(what, document.revision, saved.revision)))
    terminal.tell(`${what} could not be changed: write "revision": ${saved.revision} into it before you publish it again.`);
  return { id, revision: saved.revision };
}

async function storedRevision(api: ApiClient, id: string): Promise<number> {
  try {
    return ((await api.call('GET', `/flows/${id}`)) as FlowDocument).revision;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return 0;
    throw error;
  }
}

async function versionBefore(api: ApiClient, id: string): Promise<number> {
  const flows = await readList<FlowSummary>(api, '/flows');
  const current = flows.find(({ flowId: known }) => known === id)?.publishedVersion ?? 0;
  if (current > 1) return current - 1;
  throw new Error(`${id} has no version before the published one.`);
}

function stateOf({ publishedVersion, isChanged }: FlowSummary): string {
  if (publishedVersion === undefined) return 'draft';
  return `published ${publishedVersion}${isChanged ? ', draft changed' : ''}`;
}

function isFile(what: string): boolean {
  return what === '-' || !FLOW_ID.test(what) || existsSync(what);
}

function flowId(text: string): string {
  if (FLOW_ID.test(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not a flow id: flow ids look like flw_appointment.`);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
