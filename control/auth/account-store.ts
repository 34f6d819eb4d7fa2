/**
 * Accounts of people who may log in. The id of an account is its name in lower case. The password is stored only as its
 * hash, which is never returned to a client.
 */
import { Type, type Static } from 'typebox';
import { ROLES } from '../../engine/contract/access/access.ts';
import { Domains } from '../../engine/contract/values/domain.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { findAll } from '../../engine/contract/ports/find-all.ts';
import { checkRoles } from '../access/permissions.ts';
import { staleRevision } from '../registry/revisioned-store.ts';
import { hashPassword, type PasswordCost, type PasswordHash } from './passwords.ts';

export const AccountName = Type.String({ pattern: '^[a-z][a-z0-9._-]{1,63}$' });
export const RoleSchema = Type.Enum(ROLES);

/** The public part of an account. */
export const Account = Type.Object(
  {
    name: AccountName,
    displayName: Type.String({ maxLength: 200 }),
    roles: Type.Array(RoleSchema, { maxItems: ROLES.length }),
    domains: Domains,
    disabled: Type.Boolean(),
    mustChangePassword: Type.Boolean(),
    revision: Type.Integer(),
    createdAt: Type.Integer(),
    passwordChangedAt: Type.Integer(),
    hasSecondFactor: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type Account = Static<typeof Account>;

interface StoredAccount extends StoredDocument, Omit<Account, 'name' | 'domains' | 'hasSecondFactor'> {
  /** Absent in accounts that were created before domains existed; these accounts have all domains. */
  readonly domains?: Domains;
  readonly password: PasswordHash;
  /** Earlier passwords, newest first. */
  readonly formerPasswords?: readonly PasswordHash[];
  readonly secondFactor?: SecondFactor;
}

export interface SecondFactor {
  /** The secret in use, encrypted; absent while the first secret is being set up. */
  readonly sealed?: string;
  /** A new secret that is not confirmed yet. */
  readonly pending?: string;
  /** Digests of the unused recovery codes. */
  readonly recovery?: readonly string[];
}

const accountsSpec: CollectionSpec<StoredAccount> = {
  name: 'accounts',
  schema: Type.Object({ _id: Type.String(), password: Type.Object({}, { additionalProperties: true }) }, { additionalProperties: true }),
  indexes: [],
};

const FORMER_PASSWORDS = 5;
/** Limit of retries when two writers change the same account at once. */
const MOST_TRIES = 10;

export type NewAccount = Pick<Account, 'name' | 'displayName' | 'roles' | 'domains' | 'mustChangePassword'>;
export type AccountChange = Pick<Account, 'displayName' | 'roles' | 'domains' | 'disabled'>;

export interface AccountStore {
  isEmpty(): Promise<boolean>;
  list(): Promise<readonly Account[]>;
  get(name: string): Promise<Account | undefined>;
  passwordOf(name: string): Promise<PasswordHash | undefined>;
  create(account: NewAccount, password: string): Promise<Account>;
  /** Rejects with STALE_REVISION (input), with the two versions, if another update came first. */
  update(name: string, change: AccountChange, expectedRevision: number): Promise<Account>;
  setPassword(name: string, password: string, mustChange: boolean): Promise<void>;
  /** Returns the current and earlier passwords, which must not be chosen again. */
  recentPasswords(name: string): Promise<readonly PasswordHash[]>;
  secondFactorOf(name: string): Promise<SecondFactor | undefined>;
  beginSecondFactor(name: string, sealed: string): Promise<void>;
  /** Puts the pending secret into use. Returns false if another pending secret replaced it in the meantime. */
  confirmSecondFactor(name: string, sealed: string, recovery: readonly string[]): Promise<boolean>;
  removeSecondFactor(name: string): Promise<void>;
  /** Uses up a recovery code. Returns true for exactly one caller per code. */
  takeRecoveryCode(name: string, digest: string): Promise<boolean>;
}

/** Opens the account store. `passwordCost` is the cost of new hashes; absent: the default of `hashPassword`. */
export async function openAccountStore(documents: Documents, clock: Clock, passwordCost?: PasswordCost): Promise<AccountStore> {
  return new StoredAccounts(await documents.open(accountsSpec), clock, passwordCost);
}

class StoredAccounts implements AccountStore {
  readonly #accounts: Collection<StoredAccount>;
  readonly #clock: Clock;
  readonly #passwordCost: PasswordCost | undefined;

  constructor(accounts: Collection<StoredAccount>, clock: Clock, passwordCost: PasswordCost | undefined) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#passwordCost = passwordCost;
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#accounts.count({}, 1)) === 0;
  }

  async list(): Promise<readonly Account[]> {
    return (await findAll(this.#accounts)).map(shown);
  }

  async get(name: string): Promise<Account | undefined> {
    const stored = await this.#accounts.get(name);
    return stored === undefined ? undefined : shown(stored);
  }

  async create({ name, displayName, roles, domains, mustChangePassword }: NewAccount, password: string): Promise<Account> {
    checkRoles(roles);
    const now = this.#clock.now();
    const stored: StoredAccount = {
      ...{ _id: name, displayName, roles, domains, mustChangePassword },
      ...{ disabled: false, revision: 1, createdAt: now, passwordChangedAt: now },
      password: await hashPassword(password, this.#passwordCost),
    };
    const result = await this.#accounts.insert(stored, { durability: 'full' });
    if (result.inserted) return shown(stored);
    throw new AppError('ACCOUNT_EXISTS', 'input', `The account ${name} already exists.`, {
      values: { name },
      fix: 'Choose another name.',
    });
  }

  async update(name: string, change: AccountChange, expectedRevision: number): Promise<Account> {
    checkRoles(change.roles);
    const match = { revision: expectedRevision };
    const patch = { set: { ...change }, inc: { revision: 1 } };
    const result = await this.#accounts.patchIf(name, match, patch, { durability: 'full' });
    if (result.outcome === 'patched') return shown(result.document);
    const theirs = await this.#accounts.get(name);
    if (theirs === undefined) throw accountUnknown(name);
    throw staleRevision({ name, ...change, revision: expectedRevision }, shown(theirs));
  }

  async passwordOf(name: string): Promise<PasswordHash | undefined> {
    return (await this.#accounts.get(name))?.password;
  }

  async recentPasswords(name: string): Promise<readonly PasswordHash[]> {
    const stored = await this.#accounts.get(name);
    return stored === undefined ? [] : [stored.password, ...(stored.formerPasswords ?? [])];
  }

  async setPassword(name: string, password: string, mustChangePassword: boolean): Promise<void> {
    const hash = await hashPassword(password, this.#passwordCost);
    const set = { password: hash, mustChangePassword, passwordChangedAt: this.#clock.now() };
    await this.#change(name, (stored) => ({ set: { ...set, formerPasswords: formerOf(stored) } }));
  }

  async secondFactorOf(name: string): Promise<SecondFactor | undefined> {
    return (await this.#accounts.get(name))?.secondFactor;
  }

  async beginSecondFactor(name: string, pending: string): Promise<void> {
    await this.#change(name, ({ secondFactor }) => ({ set: { secondFactor: { ...secondFactor, pending } } }));
  }

  confirmSecondFactor(name: string, sealed: string, recovery: readonly string[]): Promise<boolean> {
    return this.#change(name, ({ secondFactor }) =>
      secondFactor?.pending === sealed ? { set: { secondFactor: { sealed, recovery: [...recovery] } } } : undefined,
    );
  }

  async removeSecondFactor(name: string): Promise<void> {
    await this.#change(name, ({ secondFactor }) => (secondFactor === undefined ? undefined : { unset: ['secondFactor'] }));
  }

  takeRecoveryCode(name: string, digest: string): Promise<boolean> {
    return this.#change(name, ({ secondFactor }) => {
      const recovery = secondFactor?.recovery ?? [];
      if (!recovery.includes(digest)) return undefined;
      return { set: { secondFactor: { ...secondFactor, recovery: recovery.filter((one) => one !== digest) } } };
    });
  }

  /**
   * Reads the account, calls `decide` and writes the patch; retries if another write came in between. If `decide`
   * returns undefined, writes nothing and returns false.
   */
  async #change(name: string, decide: (stored: StoredAccount) => Patch | undefined): Promise<boolean> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const stored = await this.#accounts.get(name);
      if (stored === undefined) throw accountUnknown(name);
      const patch = decide(stored);
      if (patch === undefined) return false;
      const match = { revision: stored.revision };
      const result = await this.#accounts.patchIf(name, match, { ...patch, inc: { revision: 1 } }, { durability: 'full' });
      if (result.outcome === 'patched') return true;
    }
    throw new AppError('ACCOUNT_BUSY', 'transient', `Others are changing the account ${name} at the moment.`, {
      values: { name },
      fix: 'Try again.',
    });
  }
}

export function accountUnknown(name: string): AppError {
  return new AppError('ACCOUNT_UNKNOWN', 'input', `There is no account ${name}.`, {
    values: { name },
    fix: 'List the accounts to see the names.',
  });
}

interface Patch {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly unset?: readonly string[];
}

/** Returns the former passwords after a change. One-time passwords are left out, because people did not choose them. */
function formerOf({ password, mustChangePassword, formerPasswords = [] }: StoredAccount): readonly PasswordHash[] {
  return mustChangePassword ? formerPasswords : [password, ...formerPasswords].slice(0, FORMER_PASSWORDS);
}

function shown({ _id, password: _password, formerPasswords: _former, secondFactor, ...account }: StoredAccount): Account {
  return { name: _id, domains: 'all', ...account, hasSecondFactor: secondFactor?.sealed !== undefined };
}
