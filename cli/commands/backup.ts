/** `kangqiao backup` and `kangqiao restore` write and read all stored data in one encrypted file. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { readBackupKey } from '../../engine/transfer/backup-frames.ts';
import { createNewFile } from '../../engine/transfer/new-file.ts';
import type { BackupProgress, BackupReport } from '../../engine/transfer/write-backup.ts';
import { languageOption, say, type Language } from '../shared/language.ts';
import { runningOrOffline } from '../shared/running-or-offline.ts';
import { takeFromExchange } from '../shared/take-from-exchange.ts';
import type { Terminal } from '../shared/terminal.ts';
import { overridesOf } from '../roots/root-options.ts';

interface BackupOptions {
  readonly file: string;
  readonly keyFile: string;
  readonly offline?: boolean;
  readonly name?: string;
  readonly lang: Language;
}

export function backupCommand(terminal: Terminal): Command {
  return new Command('backup')
    .summary('back up everything that is stored into one sealed file')
    .description(
      'The system can be running: then it writes into its exchange folder, and this command fetches the file from there. The key-encryption key is not part of the backup: keep that file, and the key of the backup, in another place.',
    )
    .addOption(new Option('--file <file>', 'the new backup file; must not exist').makeOptionMandatory())
    .addOption(new Option('--key-file <file>', 'file of 32 random bytes that seals the backup').makeOptionMandatory())
    .addOption(new Option('--name <account>', 'the account that does it, with its password (default: the account of the stored token)'))
    .addOption(new Option('--offline', 'no process uses the store: run it in this process'))
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nThe password is asked for, or read from standard input.\n\nExample:\n  $ head -c 32 /dev/urandom > backup.key\n  $ kangqiao backup --data /var/lib/kangqiao --file /backup/2026-11-25.kqb --key-file backup.key',
    )
    .action(async function (this: Command, options: BackupOptions) {
      const { lang } = options;
      const file = resolve(options.file);
      const key = await readBackupKey(resolve(options.keyFile));
      const onProgress = createTeller(terminal, lang);
      const report = await runningOrOffline<BackupReport>(this, terminal, {
        isOffline: options.offline === true,
        name: options.name,
        running: async (api) => {
          await requireFree(file);
          const name = exchangeName();
          const target = { file: name, key: Buffer.from(key).toString('base64') };
          const made = (await api.follow('/system/backup', target, onProgress)) as BackupReport;
          await takeFromExchange(made.file, name, file);
          return { ...made, file };
        },
        offline: async () => {
          const { backupOffline } = await import('../offline/keep-offline.ts');
          return backupOffline(overridesOf(this), { file, key }, { signal: terminal.signal, onProgress });
        },
      });
      terminal.print(
        say(
          lang,
          `${report.file}：${new Date(report.at).toISOString()} 的状态，文档 ${report.documents} 份（备份期间改动的每一版各计一份），大载荷 ${report.blobs} 个，末尾停顿 ${report.heldMs} 毫秒。恢复时需要该备份的密钥和当时的主密钥文件，二者都不在备份中。`,
          `${report.file}: the state of ${new Date(report.at).toISOString()}, ${report.documents} documents (each version of those that changed in the meantime), ${report.blobs} payloads; everything was paused for ${report.heldMs} ms at the end. To restore it, you need this key and the current key-encryption key; the backup contains neither.`,
        ),
      );
    });
}

export function restoreCommand(terminal: Terminal): Command {
  return new Command('restore')
    .summary('fill an empty store from a backup')
    .description(
      'Restores into the store of the settings, which must be empty and not used by any process. Every document is compared afterwards.',
    )
    .addOption(new Option('--file <file>', 'the backup').makeOptionMandatory())
    .addOption(new Option('--key-file <file>', 'the key with which it was sealed').makeOptionMandatory())
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  $ kangqiao restore --data /var/lib/kangqiao --file /backup/2026-11-25.kqb --key-file backup.key')
    .action(async function (this: Command, options: BackupOptions) {
      const { lang } = options;
      const { restoreOffline } = await import('../offline/keep-offline.ts');
      const target = { file: resolve(options.file), keyFile: resolve(options.keyFile) };
      let told = '';
      const report = await restoreOffline(overridesOf(this), target, {
        signal: terminal.signal,
        onProgress({ stage, documents }) {
          if (stage === told && documents % 10_000 !== 0) return;
          told = stage;
          terminal.tell(`${stage === 'restore' ? say(lang, '恢复', 'restoring') : say(lang, '比对', 'comparing')} ${documents} …`);
        },
      });
      terminal.print(
        say(
          lang,
          `已恢复到 ${new Date(report.at).toISOString()} 的状态并逐一比对：文档 ${report.documents} 份（备份写入 ${report.written} 份，备份期间改动的只保留最后一版），大载荷 ${report.blobs} 个。`,
          `Restored and compared the state of ${new Date(report.at).toISOString()}: ${report.documents} documents (the backup wrote ${report.written}; of documents that changed in the meantime, the last version counts), ${report.blobs} payloads.`,
        ),
      );
    });
}

/** Rejects if the file cannot be created, so that the command fails before the backup and not after it. */
async function requireFree(file: string): Promise<void> {
  await (await createNewFile(file)).drop();
}

function exchangeName(): string {
  return `backup-${new Date().toISOString().replaceAll(/[:.]/g, '')}-${randomBytes(4).toString('hex')}.kqb`;
}

function createTeller(terminal: Terminal, lang: Language): (progress: BackupProgress) => void {
  const stages: Readonly<Record<BackupProgress['stage'], string>> = {
    documents: say(lang, '备份', 'backing up'),
    payloads: say(lang, '备份大载荷', 'backing up payloads'),
    'catch-up': say(lang, '追上期间的变更', 'catching up with later writes'),
    last: say(lang, '最后的变更', 'the last changes'),
  };
  let told = '';
  return ({ stage, collection = '' }) => {
    if (`${stage}/${collection}` === told) return;
    told = `${stage}/${collection}`;
    terminal.tell(`${stages[stage]} ${collection} …`);
  };
}
