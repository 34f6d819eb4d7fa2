/** `kangqiao token` manages tokens with named rights and an expiry, for CI and other programs. */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { PERMISSIONS, type Permission } from '../../engine/contract/access/access.ts';
import type { ApiClient } from '../shared/api-client.ts';
import { withApi } from '../shared/connect.ts';
import { readList } from '../shared/read-list.ts';
import { accountOf, withPassword } from '../shared/running-or-offline.ts';
import { formatTable, type Terminal } from '../shared/terminal.ts';

interface CreateOptions {
  readonly label: string;
  readonly rights?: readonly Permission[];
  readonly days: number;
  readonly out?: string;
  readonly name?: string;
}

export function tokenCommand(terminal: Terminal): Command {
  const token = new Command('token')
    .summary('tokens with named rights, for CI and other programs')
    .description(
      'A token has the given rights, limited to those of the account that created it, until it expires. It cannot do actions that ask for the password again: moving, backing up, revealing secrets, creating keys and tokens.',
    );
  token.addHelpText('after', '\nExample:\n  $ kangqiao token create --label ci --rights flows.read,flows.publish --out ci.token');
  for (const child of [createCommand(terminal), listCommand(terminal), revokeCommand(terminal)]) token.addCommand(child);
  return token;
}

function createCommand(terminal: Terminal): Command {
  return new Command('create')
    .summary('create a token; asks for your password, because a token cannot create another token')
    .addOption(new Option('--label <text>', 'what it is for').makeOptionMandatory())
    .addOption(new Option('--rights <list>', 'rights, separated by commas (default: all of yours)').argParser(readRights))
    .addOption(new Option('--days <number>', 'days until it expires, at most 366').argParser(Number).default(30))
    .addOption(new Option('--out <file>', 'write the token into a new file that only you can read, instead of printing it'))
    .addOption(new Option('--name <account>', 'the account of the token (default: the account of the stored token)'))
    .addHelpText(
      'after',
      `\nRights: ${PERMISSIONS.join(', ')}\n\nExample:\n  $ kangqiao token create --label ci --rights flows.read,flows.edit,flows.publish --days 90 --out ci.token`,
    )
    .action(async function (this: Command, { label, rights, days, out, name }: CreateOptions) {
      await withApi(this, terminal, async (api) => {
        const account = name ?? (await accountOf(api)) ?? 'admin';
        const make = (own: ApiClient) => own.call('POST', '/me/tokens', { label, days, ...(rights === undefined ? {} : { rights }) });
        const made = (await withPassword(api, terminal, account, make)) as Made;
        if (out === undefined) terminal.print(made.token);
        else await writeFile(out, `${made.token}\n`, { mode: 0o600, flag: 'wx' });
        terminal.tell(
          `Token ${made.id.slice(0, 12)} of ${account}, valid until ${new Date(made.expiresAt).toISOString()}. It is not shown again.`,
        );
      });
    });
}

function listCommand(terminal: Terminal): Command {
  return new Command('list')
    .summary('list your tokens and sessions')
    .addHelpText('after', '\nExample:\n  $ kangqiao token list')
    .action(async function (this: Command) {
      await withApi(this, terminal, async (api) => {
        const items = await readList<Line>(api, '/me/sessions');
        const rows = items.map(({ id, kind, label, rights, expiresAt, lastSeenAt }) => [
          ...[id.slice(0, 12), kind, label, rights?.join(',') ?? '(all)'],
          ...[new Date(lastSeenAt).toISOString(), new Date(expiresAt).toISOString()],
        ]);
        terminal.print(formatTable([['id', 'kind', 'label', 'rights', 'last used', 'ends'], ...rows]));
      });
    });
}

function revokeCommand(terminal: Terminal): Command {
  return new Command('revoke')
    .summary('end a token or session immediately')
    .argument('<id>', 'its id as shown by `token list`')
    .addHelpText('after', '\nExample:\n  $ kangqiao token revoke 3fa85f64a1b2')
    .action(async function (this: Command, id: string) {
      await withApi(this, terminal, async (api) => {
        const items = await readList<Line>(api, '/me/sessions');
        const found = items.filter((line) => line.id.startsWith(id));
        if (found.length !== 1)
          throw new Error(`${found.length === 0 ? 'No token' : 'More than one token'} begins with ${id}; see \`kangqiao token list\`.`);
        await api.call('DELETE', `/me/sessions/${found[0]!.id}`);
        terminal.print(`${found[0]!.label}: ended.`);
      });
    });
}

interface Made {
  readonly token: string;
  readonly id: string;
  readonly expiresAt: number;
}

interface Line {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly rights?: readonly string[];
  readonly expiresAt: number;
  readonly lastSeenAt: number;
}

function readRights(text: string): readonly Permission[] {
  return text.split(',').map((part) => {
    const right = PERMISSIONS.find((known) => known === part.trim());
    if (right === undefined) throw new InvalidArgumentError(`There is no right ${part}. Rights: ${PERMISSIONS.join(', ')}.`);
    return right;
  });
}
