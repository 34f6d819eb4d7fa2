/**
 * `kangqiao held …` lists executions that wait for a person, by cause; it retries, resends, ends or cancels many at
 * once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { BulkAnswer } from '../../control/held/held.ts';
import type { Bulk, BulkKind } from '../../control/held/bulk-store.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import type { BulkOutcome, HeldGroups } from '../../engine/operate/interface.ts';
import type { ApiClient } from '../shared/api-client.ts';
import { withApi } from '../shared/connect.ts';
import { EXIT } from '../shared/exit-codes.ts';
import { formatTable, type Terminal } from '../shared/terminal.ts';

const LOOK_EVERY_MS = 1_000;
const MOST_LOOKS = 30;

export function heldCommand(terminal: Terminal): Command {
  return new Command('held')
    .summary('list what is held, and retry, resend, end or cancel many')
    .description(
      'Held executions wait for a decision. `retry`, `resend`, `conclude` and `cancel` need a selection: ids, or --flow, --node, --code, or --all.',
    )
    .addCommand(listCommand(terminal))
    .addCommand(manyCommand(terminal, 'retry', 'retry in place, with the original content and the original or current code tables'))
    .addCommand(manyCommand(terminal, 'resend', 'resend through the published flow, each in its place'))
    .addCommand(manyCommand(terminal, 'conclude', 'end as done, if the other side has done it'))
    .addCommand(manyCommand(terminal, 'cancel', 'cancel'))
    .addCommand(bulkCommand(terminal))
    .addHelpText('after', '\nExample:\n  $ kangqiao held list\n  $ kangqiao held retry --flow flw_admission --dry-run');
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .summary('list held executions, by cause')
    .addOption(new Option('--json', 'as JSON'))
    .addHelpText('after', '\nExample:\n  $ kangqiao held list')
    .action(async function (this: Command, { json }: { json?: boolean }) {
      const { groups, count, more } = (await withApi(this, terminal, (api) => api.call('GET', '/held/groups'))) as HeldGroups;
      if (json === true) return terminal.print(JSON.stringify(groups, null, 2));
      const rows = groups.map((group) => [
        group.flowId,
        group.node,
        group.code,
        group.outcomeKnown ? 'known' : 'unknown',
        String(group.count),
        new Date(group.oldestAt).toISOString(),
      ]);
      terminal.print(formatTable([['FLOW', 'NODE', 'ERROR', 'OUTCOME', 'COUNT', 'OLDEST'], ...rows]));
      terminal.tell(`${more ? 'More than ' : ''}${count} held.`);
    });
}

interface ManyOptions {
  readonly flow?: string;
  readonly node?: string;
  readonly code?: string;
  readonly outcome?: string;
  readonly ofBulk?: string;
  readonly tables?: 'then' | 'now';
  readonly all?: true;
  readonly reason?: string;
  readonly perSecond?: number;
  readonly dryRun?: true;
  readonly bulk?: string;
}

function manyCommand(terminal: Terminal, kind: BulkKind, summary: string): Command {
  const command = new Command(kind)
    .summary(summary)
    .argument('[id...]', 'ids of executions')
    .addOption(new Option('--flow <id>', 'only of this flow'))
    .addOption(new Option('--node <id>', 'only those held at this node'))
    .addOption(new Option('--code <code>', 'only those held because of this error'))
    .addOption(new Option('--outcome <outcome>', 'whether the outcome of the write is known').choices(['known', 'unknown', 'any']))
    .addOption(new Option('--of-bulk <id>', 'retried or resent by this bulk, and held again'))
    .addOption(new Option('--all', 'everything that is held'))
    .addOption(new Option('--per-second <number>', 'this many per second').argParser(wholeNumber))
    .addOption(new Option('--dry-run', 'only count'))
    .addOption(new Option('--bulk <id>', 'continue this earlier bulk with its selection'))
    .addHelpText(
      'after',
      `\nExample:\n  $ kangqiao held ${kind} --flow flw_admission${kind === 'retry' ? '' : ' --reason "table corrected"'}`,
    )
    .action(async function (this: Command, ids: readonly string[], options: ManyOptions) {
      const { flow, dryRun, bulk, ...rest } = options;
      // A dry run does nothing, and an earlier bulk already has its reason. So neither needs a reason now.
      if (kind !== 'retry' && dryRun !== true && bulk === undefined && rest.reason === undefined)
        this.error("error: required option '--reason <text>' not specified");
      const bulkId = bulk ?? (dryRun === true ? undefined : createId('blk'));
      const input = {
        ...rest,
        ...(ids.length === 0 ? {} : { ids }),
        ...(flow === undefined ? {} : { flowId: flow }),
        ...(dryRun === undefined ? {} : { dryRun }),
        ...(bulkId === undefined ? {} : { bulkId }),
      };
      // Print the id before the start, so that the terminal shows it even if the command is killed.
      if (bulkId !== undefined) terminal.tell(`Bulk ${bulkId}; look it up with \`kangqiao held bulk ${bulkId}\`.`);
      const { answer, outcome } = await withApi(this, terminal, async (api) => {
        const tell = ({ handled, total }: Readonly<Record<string, unknown>>) => terminal.tell(`${String(handled)} of ${String(total)} …`);
        const answer = (await api.follow(`/held/${kind}`, input, tell)) as BulkAnswer;
        return { answer, outcome: 'dryRun' in answer ? undefined : await awaitOutcome(api, answer.bulkId) };
      });
      printAnswer(terminal, answer);
      if (outcome !== undefined) printOutcome(terminal, outcome);
    });
  if (kind === 'retry')
    command.addOption(new Option('--tables <when>', 'the original or the current code tables').choices(['then', 'now']).default('then'));
  if (kind !== 'retry') command.addOption(new Option('--reason <text>', 'the reason, for the audit trail; required for a new bulk'));
  return command;
}

function bulkCommand(terminal: Terminal): Command {
  return new Command('bulk')
    .summary('show the progress of a bulk, also of one whose command was killed')
    .argument('<id>', 'id of the bulk')
    .addHelpText('after', '\nExample:\n  $ kangqiao held bulk blk_q8Zt0mXWq1uP3n7YbS5cRg')
    .action(async function (this: Command, id: string) {
      const path = `/bulks/${encodeURIComponent(id)}`;
      terminal.print(JSON.stringify(await withApi(this, terminal, (api) => api.call('GET', path)), null, 2));
    });
}

function printAnswer(terminal: Terminal, answer: BulkAnswer): void {
  if (answer.unknownSkipped > 0)
    terminal.tell(`${answer.unknownSkipped} left out: it is not known whether their write was done (--outcome unknown selects them).`);
  if ('dryRun' in answer) {
    terminal.print(`${answer.total}${answer.more ? ' or more' : ''} would be selected.`);
    return;
  }
  const { kind, total, done, goneOn, missing, refused = 0 } = answer;
  terminal.print(`${kind}: ${done} of ${total} done, ${goneOn} had already continued, ${missing} missing, ${refused} refused.`);
  if (refused > 0) process.exitCode = EXIT.failed;
}

/**
 * Waits for the outcome, because continued executions may soon be held again. Returns undefined for a bulk that ends
 * its executions.
 */
async function awaitOutcome(api: ApiClient, bulkId: string): Promise<BulkOutcome | undefined> {
  for (let looks = 0; ; looks += 1) {
    const { outcome } = (await api.call('GET', `/bulks/${encodeURIComponent(bulkId)}`)) as Bulk;
    if (outcome === undefined || outcome.underWay === 0 || looks === MOST_LOOKS) return outcome;
    await delay(LOOK_EVERY_MS);
  }
}

function printOutcome(terminal: Terminal, { wentOn, heldAgain, failed, underWay }: BulkOutcome): void {
  terminal.print(`outcome: ${wentOn} continued, ${heldAgain} held again, ${failed} failed or cancelled, ${underWay} still running.`);
  if (heldAgain + failed > 0) process.exitCode = EXIT.failed;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('The rate per second must be a whole number from 1 to 1000.');
}
