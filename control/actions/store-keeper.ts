/** What control asks of whoever keeps the store; made by the root. */
import { Type, type Static } from 'typebox';
import type { MoveProgress, MoveReport } from '../../engine/transfer/move-store.ts';
import type { BackupReport } from '../../engine/transfer/write-backup.ts';
import { closed } from './action.ts';

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
