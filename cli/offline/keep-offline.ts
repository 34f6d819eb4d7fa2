/** Moves, backs up and restores a store that no process has open. */
import type { MoveTarget } from '../../control/system/store-keeper.ts';
import { createLogger } from '../../engine/host/logger.ts';
import { readProcessSettings, type Settings } from '../../engine/host/settings.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { moveStore, type MoveProgress, type MoveReport } from '../../engine/transfer/move-store.ts';
import { refuseOthers } from '../../engine/transfer/refuse-others.ts';
import { restoreBackup, type RestoreOptions, type RestoreReport } from '../../engine/transfer/restore-backup.ts';
import { createNewFile } from '../../engine/transfer/new-file.ts';
import { writeBackup, type BackupProgress, type BackupReport } from '../../engine/transfer/write-backup.ts';
import { openStorage, openTarget, type Storage } from '../../storage/open-storage.ts';
import { storageSettings } from '../roots/open-host.ts';
import { targetOptions } from '../roots/open-keeper.ts';
import type { SettingOverrides } from '../roots/root-options.ts';
import { acceptOffline } from './verify-offline.ts';

export interface Watch<P> {
  readonly signal: AbortSignal;
  onProgress(progress: P): void;
}

export async function moveOffline(
  overrides: SettingOverrides,
  target: MoveTarget,
  { signal, onProgress }: Watch<MoveProgress>,
): Promise<MoveReport> {
  return withSource(overrides, async (source, address, sharedAddress) => {
    const opened = await openTarget({ ...targetOptions(target), clock: systemClock, logger: quiet() });
    try {
      const blobs = await opened.store.openBlobs(source.dataKeys);
      const isSharedKept = target.sharedAddress !== undefined && target.sharedAddress === sharedAddress;
      const { documents } = opened.store;
      return await moveStore({
        source: { address, documents: source.store.documents, blobs: source.blobs, kept: source.kept },
        target: { address: target.to, documents, blobs, ...(isSharedKept ? {} : { sharedState: opened.sharedState }) },
        clock: systemClock,
        signal,
        onProgress,
      }).finally(() => blobs.close());
    } finally {
      await opened.close();
    }
  });
}

export function backupOffline(
  overrides: SettingOverrides,
  { file, key }: { readonly file: string; readonly key: Uint8Array },
  watch: Watch<BackupProgress>,
): Promise<BackupReport> {
  const create = () => createNewFile(file);
  return withSource(overrides, (source) =>
    writeBackup({ source, documents: source.store.documents, create, key, clock: systemClock, ...watch }),
  );
}

export async function restoreOffline(
  overrides: SettingOverrides,
  target: Pick<RestoreOptions, 'file' | 'keyFile'>,
  watch: Pick<RestoreOptions, 'signal' | 'onProgress'>,
): Promise<RestoreReport> {
  const settings = readProcessSettings(overrides);
  const report = await restore(settings, target, watch);
  // The restored audit trail ends at the time of the backup. This is not tampering, so record the restore in the audit
  // trail and sign a new head.
  await acceptOffline(settings, 'system.restore', { after: { backupId: report.backupId, madeAt: report.at } }, { isRestored: true });
  return report;
}

async function restore(
  settings: Settings,
  target: Pick<RestoreOptions, 'file' | 'keyFile'>,
  watch: Pick<RestoreOptions, 'signal' | 'onProgress'>,
): Promise<RestoreReport> {
  const opened = await openTarget({ ...storageSettings(settings), clock: systemClock, logger: quiet() });
  try {
    const { documents } = opened.store;
    return await restoreBackup({
      ...target,
      target: { address: settings.storeAddress, documents, sharedState: opened.sharedState },
      openSealed: () => opened.openSealed(settings.kekFile),
      clock: systemClock,
      ...watch,
    });
  } finally {
    await opened.close();
  }
}

async function withSource<T>(
  overrides: SettingOverrides,
  work: (source: Storage, address: string, sharedAddress: string | undefined) => Promise<T>,
): Promise<T> {
  const settings = readProcessSettings(overrides);
  // `isMarkIgnored` opens the store although a move marked it as replaced. It is the only way to open the old store if
  // a move was interrupted after its last step.
  const source = await openStorage({ ...storageSettings(settings), isMarkIgnored: true, clock: systemClock, logger: quiet() });
  try {
    await refuseOthers(source.store.documents, systemClock, { isOneOfThem: false });
    return await work(source, settings.storeAddress, settings.sharedAddress);
  } finally {
    await source.close();
  }
}

function quiet() {
  return createLogger({ level: 'error', format: 'text' });
}
