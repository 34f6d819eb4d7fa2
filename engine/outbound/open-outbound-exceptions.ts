import { Type } from 'typebox';
import type { Changes } from '../changes/create-changes.ts';
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';
import { isIpRange } from '../contract/calls/ip-range.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { ListedTarget } from '../contract/node/outbound-guard.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { classesNow } from './classes-now.ts';
import type { LookUp } from './create-outbound-guard.ts';
import {
  compileExceptions,
  isOutboundHost,
  readOutboundTarget,
  showOutboundTarget,
  type MatchException,
  type OutboundTarget,
} from './exception.ts';

export interface OutboundException extends ListedTarget {
  readonly reason: string;
  /**
   * False if an upgrade added the exception because the target was already in use, and no person has confirmed it yet.
   * The exception applies anyway.
   */
  readonly isConfirmed: boolean;
  readonly by: string;
  readonly at: number;
}

export interface OutboundExceptions {
  /** Returns the stored exceptions, ordered by target. */
  list(): Promise<readonly OutboundException[]>;
  /** The exceptions from this process's settings. */
  readonly ofSettings: readonly OutboundTarget[];
  /**
   * Stores an exception, or replaces the one for the same target. An exception for a name allows only some classes of
   * refused addresses: those in `opens` or, if `opens` is absent, the classes of the addresses that the name resolves
   * to now. Rejects with OUTBOUND_TARGET (input) if the host is not valid, with OUTBOUND_NAME (input) if a name needs
   * no exception or is not resolved, and with OUTBOUND_FULL (input) if there are too many exceptions.
   */
  put(exception: OutboundException): Promise<void>;
  /** Removes an exception and returns it; undefined if there was none. */
  remove(target: OutboundTarget): Promise<OutboundException | undefined>;
  /** Matches a connection against this process's settings and the stored exceptions, from memory. */
  readonly matches: MatchException;
  /** Returns the stored exceptions from memory, for the plan of gateways. */
  targets(): readonly ListedTarget[];
  onChange(listener: () => void): () => void;
  stop(): void;
}

export interface OutboundExceptionsDeps {
  readonly documents: Documents;
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Texts like `host:port`, from the settings of the process. */
  readonly settings?: readonly string[];
  /** Replaces `node:dns/promises` in tests. */
  readonly lookUp?: LookUp;
}

interface StoredException extends StoredDocument, OutboundException {}

const spec: CollectionSpec<StoredException> = {
  name: 'outbound_exceptions',
  schema: Type.Object({ _id: Type.String(), host: Type.String() }, { additionalProperties: true }),
  indexes: [],
};

const TOPIC = 'outbound';
const MOST = 500;
/** How often everything is read again, in case the notification of a change was lost. */
const RELOAD_EVERY_MS = 60_000;

/**
 * Opens the exceptions and keeps them in memory. A change applies in every process within a second, to each connection
 * that is opened after it.
 */
export async function openOutboundExceptions(deps: OutboundExceptionsDeps): Promise<OutboundExceptions> {
  const { changes, clock, log } = deps;
  const stored = await deps.documents.open(spec);
  const ofSettings = (deps.settings ?? []).flatMap((text) => readOutboundTarget(text) ?? []);
  const listeners = new Set<() => void>();
  let loaded: readonly ListedTarget[] = [];
  let matches: MatchException = () => false;

  async function reload(): Promise<void> {
    const all = await readAll();
    loaded = all.map(({ host, port, opens }) => ({
      host,
      ...(port === undefined ? {} : { port }),
      ...(opens === undefined ? {} : { opens }),
    }));
    matches = compileExceptions([...ofSettings, ...loaded]);
    for (const listener of listeners) listener();
  }
  async function readAll(): Promise<readonly OutboundException[]> {
    const rows = await stored.find({}, { limit: MOST });
    return rows.map(({ _id, ...exception }) => exception);
  }
  async function changed(): Promise<void> {
    await reload();
    await changes.announce(TOPIC, 'all');
  }
  const reloadLogged = () => reload().catch((error: unknown) => log.warn('outbound.unread', { code: toErrorRecord(error).code }));

  const unfollow = changes.follow(TOPIC, () => reload());
  await reload();
  let cancel = clock.after(RELOAD_EVERY_MS, tick);
  function tick(): void {
    void reloadLogged();
    cancel = clock.after(RELOAD_EVERY_MS, tick);
  }
  return {
    ofSettings,
    list: readAll,
    async put(exception) {
      const target = checkTarget(exception);
      const opens = exception.opens ?? (isIpRange(target.host) ? undefined : await classesNow(target.host, deps));
      const row = { ...exception, ...target, ...(opens === undefined ? {} : { opens }), _id: showOutboundTarget(target) };
      if ((await stored.get(row._id)) === undefined && (await stored.count({}, MOST)) >= MOST) throw full();
      if (!(await stored.insert(row, { durability: 'full' })).inserted) await stored.replaceIf(row, {}, { durability: 'full' });
      await changed();
    },
    async remove(target) {
      const id = showOutboundTarget(checkTarget(target));
      const row = await stored.get(id);
      if (row === undefined) return undefined;
      await stored.remove(id);
      await changed();
      const { _id, ...exception } = row;
      return exception;
    },
    matches: (...asked) => matches(...asked),
    targets: () => loaded,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      cancel();
      unfollow();
    },
  };
}

function checkTarget({ host, port }: OutboundTarget): OutboundTarget {
  if (isOutboundHost(host)) return { host: host.toLowerCase(), ...(port === undefined ? {} : { port }) };
  throw new AppError('OUTBOUND_TARGET', 'input', `"${host}" is not a name, address or range.`, {
    values: { host },
    fix: 'Write the name as in the adapter, an address such as 127.0.0.1, or a range such as 10.20.0.0/16; give the port separately.',
  });
}

function full(): AppError {
  return new AppError('OUTBOUND_FULL', 'input', `There are already ${MOST} exceptions.`, {
    values: { limit: MOST },
    fix: 'Remove those that are not needed, or allow a range instead.',
  });
}
