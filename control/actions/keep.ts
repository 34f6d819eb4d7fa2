/** Copies of the whole store: into another one that takes its place, and into a backup. The process itself does them, since it knows what it writes. */
import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/errors.ts';
import type { BackupReport } from '../../engine/transfer/write-backup.ts';
import type { MoveProgress, MoveReport } from '../../engine/transfer/move-store.ts';
import { closed, defineAction, type Action } from './action.ts';
import type { ControlServices } from './services.ts';

const File = Type.String({ minLength: 1, maxLength: 1000 });
const Address = Type.String({ minLength: 1, maxLength: 1000 });

/** Where to. Files are those of the machine on which the process runs. */
export const MoveTarget = Type.Object(
  {
    to: Address,
    passwordFile: Type.Optional(File),
    sharedAddress: Type.Optional(Address),
    sharedPasswordFile: Type.Optional(File),
    caFile: Type.Optional(File),
  },
  closed,
);
export type MoveTarget = Static<typeof MoveTarget>;

export const BackupTarget = Type.Object({ file: File, keyFile: File }, closed);
export type BackupTarget = Static<typeof BackupTarget>;

export interface StoreKeeper {
  /** When it has resolved the process goes over to the new store by itself, after a moment in which the answer leaves. */
  move(target: MoveTarget, options: { readonly signal: AbortSignal; onProgress(progress: MoveProgress): void }): Promise<MoveReport>;
  backup(target: BackupTarget, options: { readonly signal: AbortSignal; onProgress(progress: object): void }): Promise<BackupReport>;
}

export function keepActions({ keeper }: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'system.move',
      right: 'system.edit',
      text: { 'zh-CN': '将全部存储迁移到另一存储并切换', en: 'Move everything that is stored to another store and go over to it' },
      input: MoveTarget,
      audited: true,
      subject: ({ to }) => to,
      run: ({ signal, progress }, target) => need(keeper).move(target, { signal, onProgress: (told) => progress({ ...told }) }),
    }),
    defineAction({
      name: 'system.backup',
      right: 'system.edit',
      text: { 'zh-CN': '将全部存储备份到加密文件', en: 'Back up everything that is stored into a sealed file' },
      input: BackupTarget,
      audited: true,
      subject: ({ file }) => file,
      run: ({ signal, progress }, target) => need(keeper).backup(target, { signal, onProgress: (told) => progress({ ...told }) }),
    }),
  ];
}

function need(keeper: StoreKeeper | undefined): StoreKeeper {
  if (keeper) return keeper;
  throw new AppError('STORE_KEPT_ELSEWHERE', 'input', 'A control process of its own does not copy the store: others write to it.', {
    fix: 'Stop all processes and run the command by itself; see docs/operations.md.',
  });
}
