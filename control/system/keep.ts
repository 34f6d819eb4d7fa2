/**
 * Copies the whole store: into another store that replaces it, or into a backup. The process that uses the store makes
 * the copy, because it knows which documents are written meanwhile.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import { defineAction, type Action } from '../action/action.ts';
import { BackupTarget, MoveTarget, type StoreKeeper } from './store-keeper.ts';

export interface KeepServices {
  readonly keeper?: StoreKeeper;
}

export function keepActions(services: KeepServices): readonly Action[] {
  return [moveStore(services), backUpStore(services)];
}

function moveStore({ keeper }: KeepServices): Action {
  return defineAction({
    name: 'system.move',
    right: 'system.edit',
    domain: 'all',
    text: { 'zh-CN': '将全部存储迁移到另一存储并切换', en: 'Move everything that is stored to another store and switch to it' },
    input: MoveTarget,
    audited: true,
    stepUp: true,
    subject: ({ to, sharedAddress }) => [to, ...(sharedAddress === undefined ? [] : [sharedAddress])].join(' + '),
    run: ({ signal, progress }, target) => need(keeper).move(target, { signal, onProgress: (told) => progress({ ...told }) }),
  });
}

function backUpStore({ keeper }: KeepServices): Action {
  return defineAction({
    name: 'system.backup',
    right: 'system.edit',
    domain: 'all',
    text: { 'zh-CN': '将全部存储备份到加密文件', en: 'Back up everything that is stored into a sealed file' },
    input: BackupTarget,
    audited: true,
    stepUp: true,
    subject: ({ file }) => file,
    async run({ signal, progress, note }, target) {
      const report = await need(keeper).backup(target, { signal, onProgress: (told) => progress({ ...told }) });
      note.after = { file: report.file, backupId: report.backupId };
      return report;
    },
  });
}

function need(keeper: StoreKeeper | undefined): StoreKeeper {
  if (keeper) return keeper;
  throw new AppError(
    'STORE_KEPT_ELSEWHERE',
    'input',
    'A separate control process cannot copy the store, because other processes write to it.',
    {
      fix: 'Stop all processes and run the command offline; see docs/operations.md.',
    },
  );
}
