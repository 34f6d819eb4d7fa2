/** `kangqiao backup` and `kangqiao restore`: everything that is stored, in one sealed file. */
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { BackupProgress, BackupReport } from '../../engine/transfer/write-backup.ts';
import { languageOption, say, type Language } from '../language.ts';
import { runningOrOffline } from '../running-or-offline.ts';
import type { Terminal } from '../terminal.ts';
import { overridesOf } from './start.ts';

interface BackupOptions {
  readonly file: string;
  readonly keyFile: string;
  readonly offline?: boolean;
  readonly lang: Language;
}

export function backupCommand(terminal: Terminal): Command {
  return new Command('backup')
    .summary('back up everything that is stored into one sealed file')
    .description(
      'The system may run meanwhile. The key-encryption key is not part of it: keep that file, and the key of the backup, elsewhere.',
    )
    .addOption(new Option('--file <file>', 'where to; must not exist').makeOptionMandatory())
    .addOption(new Option('--key-file <file>', 'file of 32 random bytes that seals the backup').makeOptionMandatory())
    .addOption(new Option('--offline', 'no process runs on the store: do it in this one'))
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ head -c 32 /dev/urandom > backup.key\n  $ kangqiao backup --data /var/lib/kangqiao --file /backup/2026-11-25.kqb --key-file backup.key',
    )
    .action(async function (this: Command, options: BackupOptions) {
      const { lang } = options;
      const target = { file: resolve(options.file), keyFile: resolve(options.keyFile) };
      const onProgress = createTeller(terminal, lang);
      const report = await runningOrOffline<BackupReport>(this, terminal, {
        isOffline: options.offline === true,
        running: (api) =>
          api.follow('/system/backup', target, (event) => onProgress(event as unknown as BackupProgress)) as Promise<BackupReport>,
        offline: async () => {
          const { backupOffline } = await import('../roots/keep-offline.ts');
          return backupOffline(overridesOf(this), target, { signal: terminal.signal, onProgress });
        },
      });
      terminal.print(
        say(
          lang,
          `${report.file}：文档 ${report.documents} 份，大载荷 ${report.blobs} 个，末尾停顿 ${report.heldMs} 毫秒。恢复时需要该备份的密钥和当时的主密钥文件，二者都不在备份中。`,
          `${report.file}: ${report.documents} documents, ${report.blobs} payloads; everything waited ${report.heldMs} ms at its end. To restore it takes this key and the key-encryption key of now; neither is in it.`,
        ),
      );
    });
}

export function restoreCommand(terminal: Terminal): Command {
  return new Command('restore')
    .summary('fill an empty store from a backup')
    .description('Into the store that the settings name, which must be empty and have no process. Every document is compared afterwards.')
    .addOption(new Option('--file <file>', 'the backup').makeOptionMandatory())
    .addOption(new Option('--key-file <file>', 'the key that it was sealed with').makeOptionMandatory())
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  $ kangqiao restore --data /var/lib/kangqiao --file /backup/2026-11-25.kqb --key-file backup.key')
    .action(async function (this: Command, options: BackupOptions) {
      const { lang } = options;
      const { restoreOffline } = await import('../roots/keep-offline.ts');
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
          `已恢复 ${new Date(report.at).toISOString()} 的备份并逐一比对：文档 ${report.documents} 份，大载荷 ${report.blobs} 个。`,
          `Restored the backup of ${new Date(report.at).toISOString()}, and compared: ${report.documents} documents, ${report.blobs} payloads.`,
        ),
      );
    });
}

function createTeller(terminal: Terminal, lang: Language): (progress: BackupProgress) => void {
  const stages: Readonly<Record<BackupProgress['stage'], string>> = {
    documents: say(lang, '备份', 'backing up'),
    payloads: say(lang, '备份大载荷', 'backing up payloads'),
    'catch-up': say(lang, '追上期间的变更', 'catching up with what was written meanwhile'),
    last: say(lang, '最后的变更', 'the last changes'),
  };
  let told = '';
  return ({ stage, collection = '' }) => {
    if (`${stage}/${collection}` === told) return;
    told = `${stage}/${collection}`;
    terminal.tell(`${stages[stage]} ${collection} …`);
  };
}
