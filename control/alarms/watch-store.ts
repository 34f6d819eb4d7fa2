/**
 * Raises the one alarm that cannot be stored: the store itself is down. Each control process keeps the alarm in memory
 * and uses the settings that it read last. While the shared state works, only one control process sends notices. When
 * the store works again, receivers are notified and the alarm is stored as ended.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createTimedId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { AlarmSettings } from './alarm-settings.ts';
import { KEEP_ENDED_MS, type AlarmDocument, type AlarmStore, type NoticeKind } from './alarm-store.ts';
import type { SendNotice } from './send-notice.ts';

export interface WatchStoreDeps {
  readonly ping: () => Promise<void>;
  readonly store: AlarmStore;
  readonly shared: Pick<SharedState, 'claimOnce'>;
  readonly send: SendNotice;
  readonly clock: Clock;
  readonly logger: Logger;
}

const MINUTE_MS = 60_000;

/**
 * Returns a function that returns true if the store can be used. Its argument `settings` has the settings that were
 * read last.
 */
export function createWatchStore(deps: WatchStoreDeps): (settings: AlarmSettings | undefined) => Promise<boolean> {
  const { clock, logger } = deps;
  let downSince: number | undefined;
  let alarm: AlarmDocument | undefined;
  let toldAt: number | undefined;

  return async (settings) => {
    try {
      await deps.ping();
    } catch (error) {
      downSince ??= clock.now();
      if (settings?.rules['store-down'].on === true) await raise(settings, toErrorRecord(error).code);
      return false;
    }
    downSince = undefined;
    if (alarm !== undefined) await recover(alarm, settings);
    return true;
  };

  async function raise(settings: AlarmSettings, code: string): Promise<void> {
    const now = clock.now();
    const { bound, severity } = settings.rules['store-down'];
    if (now - downSince! < bound * 1000) return;
    alarm ??= {
      ...{ _id: createTimedId('alm', now), rule: 'store-down', subject: '', about: 'store-down|', severity, values: { code } },
      ...{ status: 'open', openedAt: downSince!, seenAt: now, told: [] },
    };
    if (toldAt !== undefined && now - toldAt < settings.repeatMinutes * MINUTE_MS) return;
    const kind: NoticeKind = toldAt === undefined ? 'opened' : 'reminder';
    toldAt = now;
    const mayTell = await deps.shared.claimOnce(`alarm:${alarm.about}:${kind}`, settings.repeatMinutes * MINUTE_MS).catch(() => true);
    if (mayTell) await tell(kind, alarm, settings);
  }

  async function recover(raised: AlarmDocument, settings: AlarmSettings | undefined): Promise<void> {
    const now = clock.now();
    const ended: AlarmDocument = { ...raised, status: 'ended', endedAt: now, expiresAt: now + KEEP_ENDED_MS };
    alarm = undefined;
    toldAt = undefined;
    const isMine = await deps.shared.claimOnce(`alarm:${raised.about}:recovered`, MINUTE_MS).catch(() => true);
    if (!isMine) return;
    await deps.store.alarms.insert(ended);
    if (settings !== undefined) await tell('recovered', ended, settings);
  }

  async function tell(kind: NoticeKind, about: AlarmDocument, settings: AlarmSettings): Promise<void> {
    for (const receiver of settings.receivers.filter(({ on }) => on)) {
      await deps.send(receiver, [{ kind, alarm: about }], settings).catch((error: unknown) => {
        logger.warn('alarms.not-sent', { receiver: receiver.receiverId, code: toErrorRecord(error).code });
      });
    }
  }
}
