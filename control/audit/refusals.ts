/**
 * Writes an audit line when a person is denied something. Each line costs a write that survives a power failure, so an
 * account writes at most two lines a minute per action. The first line is written at once. The second line is written
 * at the end of the minute. It has the number of further denials and of addresses, and the last address and subject.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Actor } from '../access/actor.ts';
import type { AuditLog } from './audit-log.ts';

const DENIALS: ReadonlySet<string> = new Set([
  'PERMISSION_DENIED',
  'DOMAIN_NOT_HELD',
  'DOMAIN_OF_OTHERS',
  'DOMAINS_ALL_NEEDED',
  'PASSWORD_CHANGE_REQUIRED',
  'SECOND_FACTOR_REQUIRED',
  'STEP_UP_REQUIRED',
  'STEP_UP_REFUSED',
  'TOKEN_CANNOT',
  'LOGIN_LOCKED',
]);
const FOLD_MS = 60_000;
/** Limit for pairs of account and action; further denials go only to the log. */
const MOST = 10_000;
/** Limit per line; further addresses are not counted separately. */
const MOST_ADDRESSES = 1000;

export interface Refusals {
  /** Runs `work`; records a denial and rethrows it. */
  watch<T>(action: string, actor: Actor, work: () => T | Promise<T>): Promise<T>;
  /** Writes the lines of denials that are still being counted. */
  stop(): Promise<void>;
}

interface Denial {
  readonly outcome: string;
  /** The object that the person tried to reach, if the error names it. */
  readonly subject?: string;
}

interface Folded {
  more: number;
  /** All addresses within the minute, including the first. */
  readonly addresses: Set<string>;
  last: { readonly actor: Actor; readonly denial: Denial };
  close(): Promise<void>;
}

export function createRefusals({
  audit,
  clock,
  logger,
}: {
  readonly audit: Pick<AuditLog, 'intent' | 'result'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Refusals {
  const folded = new Map<string, Folded>();
  const writing = new Set<Promise<void>>();
  const failed = (error: unknown) => logger.error('audit.refusal-failed', error);

  async function write(action: string, actor: Actor, { outcome, subject }: Denial, after?: object): Promise<void> {
    const intent = await audit.intent({ action, actor, subject });
    await audit.result(intent, {
      outcome,
      note: { ...(subject === undefined ? {} : { subject }), ...(after === undefined ? {} : { after }) },
    });
  }

  async function note(action: string, actor: Actor, denial: Denial): Promise<void> {
    const key = JSON.stringify([actor.account, action, denial.outcome]);
    const known = folded.get(key);
    if (known !== undefined) {
      known.more += 1;
      known.last = { actor, denial };
      if (known.addresses.size < MOST_ADDRESSES) known.addresses.add(actor.from);
    }
    if (known !== undefined || folded.size >= MOST) return;
    const entry: Folded = {
      more: 0,
      addresses: new Set([actor.from]),
      last: { actor, denial },
      async close() {
        cancel();
        folded.delete(key);
        const { more, addresses, last } = entry;
        if (more > 0) await write(action, last.actor, last.denial, { more, addresses: addresses.size });
      },
    };
    const cancel = clock.after(FOLD_MS, () => {
      entry.close().catch(failed);
    });
    folded.set(key, entry);
    await write(action, actor, denial);
  }

  return {
    async watch(action, actor, work) {
      try {
        return await work();
      } catch (error) {
        const denial = denialOf(error);
        if (denial === undefined) throw error;
        const noted = note(action, actor, denial);
        // Do not wait after a NOT_FOUND: the response time must not reveal that the object exists.
        if (error instanceof AppError && error.code !== denial.outcome) settle(noted);
        else await noted;
        throw error;
      }
    },
    async stop() {
      for (const entry of [...folded.values()]) await entry.close();
      await Promise.all(writing);
    },
  };

  function settle(noted: Promise<void>): void {
    const written = noted.catch(failed).finally(() => writing.delete(written));
    writing.add(written);
  }
}

/** Returns the denial from the error itself or from the cause of a NOT_FOUND; undefined if the error is no denial. */
function denialOf(error: unknown): Denial | undefined {
  if (!(error instanceof AppError)) return undefined;
  if (!DENIALS.has(error.code)) return denialOf(error.cause);
  const id = error.code === 'DOMAIN_OF_OTHERS' ? error.values['id'] : undefined;
  return { outcome: error.code, ...(id === undefined ? {} : { subject: String(id) }) };
}
