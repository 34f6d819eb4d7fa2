/** The functions that control needs from the owner of the store; the composition root supplies them. */
import { Type, type Static } from 'typebox';
import type { MoveProgress, MoveReport } from '../../engine/transfer/move-store.ts';
import type { BackupReport } from '../../engine/transfer/write-backup.ts';
import { closed } from '../action/action.ts';

const Address = Type.String({ minLength: 1, maxLength: 1000 });
const Password = Type.String({ minLength: 1, maxLength: 1000 });

/**
 * The target of a move. Passwords and certificates are sent as values: with a path, the sender could read files of the
 * machine.
 */
export const MoveTarget = Type.Object(
  {
    to: Address,
    password: Type.Optional(Password),
    sharedAddress: Type.Optional(Address),
    sharedPassword: Type.Optional(Password),
    ca: Type.Optional(Type.String({ minLength: 1, maxLength: 500_000, description: 'PEM of the CAs of both servers' })),
  },
  closed,
);
export type MoveTarget = Static<typeof MoveTarget>;

export const BackupTarget = Type.Object(
  {
    file: Type.String({ minLength: 1, maxLength: 200, description: 'Name of the file in the exchange folder' }),
    key: Type.String({ minLength: 44, maxLength: 44, description: '32 bytes in base64 that seal the backup' }),
  },
  closed,
);
export type BackupTarget = Static<typeof BackupTarget>;

export interface StoreKeeper {
  /**
   * Moves the store. After it resolves, the process switches to the new store automatically, with a short delay so that
   * the response is sent first.
   */
  move(target: MoveTarget, options: { readonly signal: AbortSignal; onProgress(progress: MoveProgress): void }): Promise<MoveReport>;
  backup(target: BackupTarget, options: { readonly signal: AbortSignal; onProgress(progress: object): void }): Promise<BackupReport>;
}
