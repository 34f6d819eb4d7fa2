/** Opens the part that moves the store of this process and backs it up while the process keeps writing to it. */
import type { MoveTarget, StoreKeeper } from '../../control/system/store-keeper.ts';
import { backupKeyOf } from '../../engine/transfer/backup-frames.ts';
import { openExchangeFolder } from '../../engine/transfer/exchange-folder.ts';
import { executionsSpec } from '../../engine/execution/execution-document.ts';
import { moveStore, type MoveReport, type MoveStage } from '../../engine/transfer/move-store.ts';
import { refuseOthers } from '../../engine/transfer/refuse-others.ts';
import { storeMoving } from '../../engine/transfer/store-mark.ts';
import { writeBackup } from '../../engine/transfer/write-backup.ts';
import { openTarget, type StoreSecrets } from '../../storage/open-storage.ts';
import { requireServer, serversOf } from '../../storage/shared/server-address.ts';
import type { OpenedEngine } from './open-engine.ts';
import type { Host } from './open-host.ts';
import type { SettingOverrides } from './root-options.ts';

/** Settings with which the process starts again. If there are no secrets here, it keeps its present ones. */
export interface Restart {
  readonly settings: SettingOverrides;
  readonly secrets?: StoreSecrets;
}

/** Restarts the process; ends it if the argument is undefined. */
export type EndOrRestart = (restart: Restart | undefined) => void;

/** Delay before the restart, so that the response is sent first. */
const ANSWER_MS = 500;

export function openKeeper(host: Host, { engine, storage }: OpenedEngine, goOn: EndOrRestart): StoreKeeper {
  const { settings, clock, log } = host;
  const exchange = openExchangeFolder(settings.exchangeFolder);

  async function move(target: MoveTarget, { signal, onProgress }: Parameters<StoreKeeper['move']>[1]): Promise<MoveReport> {
    for (const address of [target.to, target.sharedAddress]) {
      if (address === undefined) continue;
      requireServer(address);
      // The database drivers resolve names themselves, so every address of a name must be allowed.
      for (const { host: name, port } of await serversOf(address)) await engine.outbound.guard.requireAll(name, port);
    }
    await refuseOthers(storage.store.documents, clock, { isOneOfThem: true });
    const opened = await openTarget({ ...targetOptions(target), clock, logger: log });
    /** After the drain the process takes no new work. It must restart, whether the move succeeds or fails. */
    const at: { stage: MoveStage; isDrained: boolean } = { stage: 'begin', isDrained: false };
    try {
      const blobs = await opened.store.openBlobs(storage.dataKeys);
      const isSharedKept = target.sharedAddress !== undefined && target.sharedAddress === settings.sharedAddress;
      const report = await moveStore({
        source: { address: settings.storeAddress, documents: storage.store.documents, blobs: storage.blobs, kept: storage.kept },
        target: {
          address: target.to,
          documents: opened.store.documents,
          blobs,
          ...(isSharedKept ? {} : { sharedState: opened.sharedState }),
        },
        traffic: {
          gate: storage.gate,
          async drain() {
            at.isDrained = true;
            storage.gate.refuse({ insertsInto: [executionsSpec.name] }, storeMoving);
            await engine.drain(settings.drainMs);
          },
          pause: () => storage.gate.refuse('everything', storeMoving),
        },
        clock,
        signal,
        onProgress(progress) {
          if (progress.stage !== at.stage) log.info('store.move', { stage: progress.stage });
          at.stage = progress.stage;
          onProgress(progress);
        },
      });
      await blobs.close();
      // Later audit lines about this move go to the new store.
      await storage.gate.redirect('audit', opened.store.documents);
      return report;
    } catch (error) {
      log.error('store.move-failed', error, { stage: at.stage });
      if (at.stage !== 'enter') storage.gate.reopen();
      throw error;
    } finally {
      if (at.isDrained) leave(at.stage, target, opened.close);
      else await opened.close();
    }
  }

  /**
   * Restarts on the new store, or on the old one if the move failed. If the move was interrupted while switching,
   * neither store may be opened. The process then ends, and the same move must be repeated to complete it.
   */
  function leave(stage: MoveStage, target: MoveTarget, close: () => Promise<void>): void {
    clock.after(ANSWER_MS, () => {
      void close()
        .catch((error: unknown) => log.error('store.close-failed', error))
        .finally(() => goOn(stage === 'enter' ? undefined : stage === 'done' ? restartOn(target) : { settings: {} }));
    });
  }

  return {
    move,
    async backup(target, { signal, onProgress }) {
      const key = backupKeyOf(target.key);
      await refuseOthers(storage.store.documents, clock, { isOneOfThem: true });
      const create = () => exchange.create(target.file);
      return writeBackup({ source: storage, documents: storage.store.documents, create, key, clock, signal, onProgress });
    },
  };
}

export function targetOptions({ to, sharedAddress, password, sharedPassword, ca }: MoveTarget) {
  return {
    address: to,
    ...(sharedAddress === undefined ? {} : { sharedAddress }),
    secrets: { password, sharedPassword, ca },
  };
}

function restartOn({ to, sharedAddress, password, sharedPassword, ca }: MoveTarget): Restart {
  return {
    settings: { storeAddress: to, ...(sharedAddress === undefined ? {} : { sharedAddress }) },
    secrets: { password, sharedPassword, ca },
  };
}
