/**
 * A fair queue for password checks. Each check takes memory and a core, so only a few run at once. Addresses take
 * turns, and so do the accounts of one address, so that many checks from one of them do not delay the others. Logins
 * from networks that the owner has used before have a separate queue, which goes first.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';

export interface LoginPlace {
  /** Checks of one address run one after another. */
  readonly address: string;
  /** Checks of one account run one after another, also if they come from different addresses. */
  readonly account: string;
  /** True if the owner has logged in from this network before. Such checks go first. */
  readonly isKnown: boolean;
}

export interface LoginTurnsLimits {
  readonly running: number;
  /** Limit of waiting checks for each of the two queues. */
  readonly waiting: number;
  readonly waitingPerAddress: number;
  /** Limit of waiting checks per account at one address. */
  readonly waitingPerAccount: number;
  readonly waitMs: number;
}

interface Entry {
  readonly place: LoginPlace;
  start(): void;
  refuse(): void;
}

/**
 * Waiting entries by address and account. Both the addresses and the accounts are in the order in which they are
 * served.
 */
type Lines = Map<string, Map<string, Entry[]>>;

export class LoginTurns {
  readonly #limits: LoginTurnsLimits;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #known: Lines = new Map();
  readonly #others: Lines = new Map();
  readonly #busyAddresses = new Set<string>();
  readonly #busyAccounts = new Set<string>();
  #running = 0;

  constructor(limits: LoginTurnsLimits, clock: Pick<Clock, 'after'>) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Runs the check when its turn comes. Rejects with LOGIN_BUSY (transient), without running the check, if too many
   * wait or the turn does not come in time.
   */
  run<Result>(place: LoginPlace, check: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const refuse = () => {
        cancelTimer();
        reject(loginBusy());
      };
      const start = () => {
        cancelTimer();
        // The function is async, so that the turn also ends if the check throws synchronously.
        void (async () => check())()
          .then(resolve, reject)
          .finally(() => this.#end(place));
      };
      const entry: Entry = { place, start, refuse };
      const cancelTimer = this.#clock.after(this.#limits.waitMs, () => {
        this.#remove(entry);
        refuse();
      });
      if (this.#add(entry)) this.#startNext();
      else refuse();
    });
  }

  #add(entry: Entry): boolean {
    const { address, account } = entry.place;
    const lines = this.#linesOf(entry);
    const { waiting, waitingPerAddress, waitingPerAccount } = this.#limits;
    const sizeHere = sizeOf(lines.get(address));
    if (sizeHere >= waitingPerAddress || (lines.get(address)?.get(account)?.length ?? 0) >= waitingPerAccount) return false;
    if (sum(lines) >= waiting && !this.#makeRoom(lines, sizeHere)) return false;
    const accounts = lines.get(address) ?? new Map<string, Entry[]>();
    lines.set(address, accounts);
    accounts.set(account, [...(accounts.get(account) ?? []), entry]);
    return true;
  }

  /**
   * Refuses the last entry of the address with the most waiting entries, to make room for an address with `size`
   * entries. Returns false if no address has at least two entries more than that.
   */
  #makeRoom(lines: Lines, size: number): boolean {
    const longest = [...lines.values()].reduce((most, accounts) => (sizeOf(accounts) > sizeOf(most) ? accounts : most));
    if (sizeOf(longest) <= size + 1) return false;
    const last = [...longest.values()].reduce((most, entries) => (entries.length >= most.length ? entries : most)).at(-1)!;
    this.#remove(last);
    last.refuse();
    return true;
  }

  #startNext(): void {
    while (this.#running < this.#limits.running) {
      const entry = this.#next(this.#known) ?? this.#next(this.#others);
      if (entry === undefined) return;
      this.#remove(entry);
      this.#toTheEnd(entry);
      this.#running += 1;
      this.#busyAddresses.add(entry.place.address);
      this.#busyAccounts.add(entry.place.account);
      entry.start();
    }
  }

  #next(lines: Lines): Entry | undefined {
    for (const [address, accounts] of lines) {
      if (this.#busyAddresses.has(address)) continue;
      for (const [account, [entry]] of accounts) if (!this.#busyAccounts.has(account)) return entry;
    }
    return undefined;
  }

  #end({ address, account }: LoginPlace): void {
    this.#running -= 1;
    this.#busyAddresses.delete(address);
    this.#busyAccounts.delete(account);
    this.#startNext();
  }

  /**
   * Moves the address and the account of this entry to the end, so that other addresses and accounts are served first.
   */
  #toTheEnd(entry: Entry): void {
    const { address, account } = entry.place;
    const lines = this.#linesOf(entry);
    const accounts = lines.get(address);
    if (accounts === undefined) return;
    moveToEnd(lines, address);
    if (accounts.has(account)) moveToEnd(accounts, account);
  }

  #remove(entry: Entry): void {
    const { address, account } = entry.place;
    const lines = this.#linesOf(entry);
    const accounts = lines.get(address);
    const left = accounts?.get(account)?.filter((other) => other !== entry);
    if (accounts === undefined || left === undefined) return;
    if (left.length > 0) accounts.set(account, left);
    else accounts.delete(account);
    if (accounts.size === 0) lines.delete(address);
  }

  #linesOf({ place }: Entry): Lines {
    return place.isKnown ? this.#known : this.#others;
  }
}

function moveToEnd<Value>(map: Map<string, Value>, key: string): void {
  const value = map.get(key)!;
  map.delete(key);
  map.set(key, value);
}

function sizeOf(accounts: ReadonlyMap<string, readonly Entry[]> | undefined): number {
  return accounts === undefined ? 0 : [...accounts.values()].reduce((count, entries) => count + entries.length, 0);
}

function sum(lines: Lines): number {
  return [...lines.values()].reduce((count, accounts) => count + sizeOf(accounts), 0);
}

/** Returns the error for a login whose password was not checked; it does not count as an attempt. */
function loginBusy(): AppError {
  return new AppError('LOGIN_BUSY', 'transient', 'Too many logins at once.', { fix: 'Try again in a second.', retryAfterMs: 1000 });
}
