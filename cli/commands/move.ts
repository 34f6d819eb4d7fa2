/**
 * `kangqiao move` moves all stored data to another store. If a process is running, it makes the move; otherwise the
 * command makes it.
 */
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { MoveTarget } from '../../control/system/store-keeper.ts';
import type { MoveProgress, MoveReport } from '../../engine/transfer/move-store.ts';
import { type Language, languageOption, say } from '../shared/language.ts';
import type { Terminal } from '../shared/terminal.ts';
import { readInput } from '../shared/read-input.ts';
import { runningOrOffline } from '../shared/running-or-offline.ts';
import { overridesOf } from '../roots/root-options.ts';

interface MoveOptions {
  readonly to: string;
  readonly from?: string;
  readonly toPasswordFile?: string;
  readonly toSharedAddress?: string;
  readonly toSharedPasswordFile?: string;
  readonly toCaFile?: string;
  readonly offline?: boolean;
  readonly name?: string;
  readonly lang: Language;
}

export function moveCommand(terminal: Terminal): Command {
  return new Command('move')
    .summary('move everything that is stored to another store')
    .description(
      'Copies, compares and switches over while the system is running; for a few seconds at the end nothing is accepted. If it is interrupted, run it again. Afterwards the old store can no longer be opened.',
    )
    .addOption(
      new Option('--to <address>', 'the new store, empty; for example postgres://kangqiao@db.example/kangqiao').makeOptionMandatory(),
    )
    .addOption(new Option('--from <address>', 'the old store, if no process uses it (default: from the settings)'))
    .addOption(new Option('--to-password-file <file>', 'file with the password of the new store'))
    .addOption(new Option('--to-shared-address <address>', 'Redis of the new installation; every store on a server needs one'))
    .addOption(new Option('--to-shared-password-file <file>', 'file with the password of that Redis'))
    .addOption(new Option('--to-ca-file <file>', 'PEM of the CAs of both servers'))
    .addOption(new Option('--name <account>', 'the account that does it, with its password (default: the account of the stored token)'))
    .addOption(new Option('--offline', 'no process uses the store: run it in this process'))
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nThe password is asked for, or read from standard input.\n\nExamples:\n  $ kangqiao move --data /var/lib/kangqiao --to mongodb://db.example/kangqiao --to-password-file db.password --to-shared-address rediss://redis.example\n  $ kangqiao move --offline --from embedded:data/store --to embedded:/big/store',
    )
    .action(async function (this: Command, options: MoveOptions) {
      const target = await targetOf(options);
      const onProgress = createTeller(terminal, options.lang);
      const report = await runningOrOffline<MoveReport>(this, terminal, {
        isOffline: options.offline === true || options.from !== undefined,
        name: options.name,
        running: (api) => api.follow('/system/move', target, onProgress) as Promise<MoveReport>,
        offline: async () => {
          const { moveOffline } = await import('../offline/keep-offline.ts');
          const from = options.from === undefined ? {} : { storeAddress: absolute(options.from) };
          return moveOffline({ ...overridesOf(this), ...from }, target, { signal: terminal.signal, onProgress });
        },
      });
      printReport(terminal, report, options);
    });
}

/**
 * Returns the target of the move. Passwords and certificates are read here and sent, because the running process reads
 * no files for callers.
 */
async function targetOf({ to, toPasswordFile, toSharedAddress, toSharedPasswordFile, toCaFile }: MoveOptions): Promise<MoveTarget> {
  return {
    to: absolute(to),
    ...(toPasswordFile === undefined ? {} : { password: await readPassword(toPasswordFile) }),
    ...(toSharedAddress === undefined ? {} : { sharedAddress: toSharedAddress }),
    ...(toSharedPasswordFile === undefined ? {} : { sharedPassword: await readPassword(toSharedPasswordFile) }),
    ...(toCaFile === undefined ? {} : { ca: await readInput(toCaFile) }),
  };
}

async function readPassword(file: string): Promise<string> {
  return (await readInput(file)).replace(/\r?\n$/, '');
}

function absolute(address: string): string {
  return address.startsWith('embedded:') ? `embedded:${resolve(address.slice('embedded:'.length))}` : address;
}

const STAGES: Readonly<Record<MoveProgress['stage'], readonly [zhCN: string, en: string]>> = {
  begin: ['检查两个存储', 'checking both stores'],
  copy: ['复制', 'copying'],
  payloads: ['复制大载荷', 'copying payloads'],
  'catch-up': ['追上期间的变更', 'catching up with later writes'],
  compare: ['比对', 'comparing'],
  drain: ['暂停接收，等待在途处理结束', 'accepting nothing new; waiting for running work to end'],
  last: ['复制最后的变更并核对', 'the last changes, and the comparison'],
  leave: ['封存原存储', 'closing the old store permanently'],
  enter: ['启用新存储', 'opening the new store'],
  done: ['完成', 'done'],
};

const LARGE = 2000;

/** Prints a line for each stage, and for each tenth of a large collection. */
function createTeller(terminal: Terminal, lang: Language): (progress: MoveProgress) => void {
  let told = '';
  return ({ stage, collection, documents, total }) => {
    const tenth = documents === undefined || total === undefined || total < LARGE ? 0 : Math.floor((documents * 10) / total);
    const name = total !== undefined && total >= LARGE ? ` ${collection}` : '';
    const now = `${stage}/${name}/${tenth}`;
    if (now === told || (stage === 'catch-up' && documents === 0)) return;
    told = now;
    const share = tenth === 0 ? '' : ` ${tenth * 10} %`;
    terminal.tell(`${say(lang, ...STAGES[stage])}${name}${share} …`);
  };
}

function printReport(terminal: Terminal, report: MoveReport, options: MoveOptions): void {
  const { lang, toPasswordFile, toSharedPasswordFile, toCaFile } = options;
  for (const { collection, documents, digest } of report.collections)
    if (documents > 0) terminal.print(`${collection}: ${documents} (${digest.slice(0, 16)})`);
  terminal.print(
    say(
      lang,
      `大载荷 ${report.blobs} 个。两个存储内容一致，暂停 ${report.pausedMs} 毫秒。`,
      `Payloads: ${report.blobs}. Both stores hold the same; paused for ${report.pausedMs} ms.`,
    ),
  );
  const settings = [
    ['KQ_STORE_ADDRESS', absolute(options.to)],
    ['KQ_STORE_PASSWORD_FILE', toPasswordFile && resolve(toPasswordFile)],
    ['KQ_SHARED_ADDRESS', options.toSharedAddress],
    ['KQ_SHARED_PASSWORD_FILE', toSharedPasswordFile && resolve(toSharedPasswordFile)],
    ['KQ_SERVER_CA_FILE', toCaFile && resolve(toCaFile)],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`  ${name}=${value}`]));
  terminal.print(say(lang, '下次启动前请设置：', 'Before the next start, set:'));
  terminal.print(settings.join('\n'));
}
