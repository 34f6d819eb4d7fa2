/** People who may log in. The name is the id, in lower case; the password stands only as its hash and never leaves this folder. */
import { Type, type Static } from 'typebox';
import { ROLES } from '../../engine/contract/access.ts';
import type { Clock } from '../../engine/contract/clock.ts';
import { AppError } from '../../engine/contract/errors.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { checkRoles } from '../actions/permissions.ts';
import { staleRevision } from '../registry/revisioned-store.ts';
import { hashPassword, type PasswordHash } from './passwords.ts';

export const AccountName = Type.String({ pattern: '^[a-z][a-z0-9._-]{1,63}$' });
export const RoleSchema = Type.Enum(ROLES);

/** What others see of an account. */
export const Account = Type.Object(
  {
    name: AccountName,
    displayName: Type.String({ maxLength: 200 }),
    roles: Type.Array(RoleSchema, { maxItems: ROLES.length }),
    disabled: Type.Boolean(),
    mustChangePassword: Type.Boolean(),
    revision: Type.Integer(),
    createdAt: Type.Integer(),
    passwordChangedAt: Type.Integer(),
  },
  { additionalProperties: false },
);
export type Account = Static<typeof Account>;

interface StoredAccount extends StoredDocument, Omit<Account, 'name'> {
  readonly password: PasswordHash;
}

const accountsSpec: CollectionSpec<StoredAccount> = {
  name: 'accounts',
  schema: Type.Object({ _id: Type.String(), password: Type.Object({}, { additionalProperties: true }) }, { additionalProperties: true }),
  indexes: [],
};

const PAGE = 1000;

export interface AccountStore {
  isEmpty(): Promise<boolean>;
  list(): Promise<readonly Account[]>;
  get(name: string): Promise<Account | undefined>;
  passwordOf(name: string): Promise<PasswordHash | undefined>;
  create(account: Pick<Account, 'name' | 'displayName' | 'roles' | 'mustChangePassword'>, password: string): Promise<Account>;
  /** STALE_REVISION with both versions when somebody was faster. */
  update(name: string, change: Pick<Account, 'displayName' | 'roles' | 'disabled'>, expectedRevision: number): Promise<Account>;
  setPassword(name: string, password: string, mustChange: boolean): Promise<void>;
}

export async function openAccountStore(documents: Documents, clock: Clock): Promise<AccountStore> {
  const accounts = await documents.open(accountsSpec);
  return {
    isEmpty: async () => (await accounts.count({}, 1)) === 0,
    async list() {
      const all: Account[] = [];
      for (let after: string | undefined; ;) {
        const page = await accounts.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
        all.push(...page.map(shown));
        if (page.length < PAGE) return all;
        after = page.at(-1)?._id;
      }
    },
    get: async (name) => {
      const stored = await accounts.get(name);
      return stored === undefined ? undefined : shown(stored);
    },
    passwordOf: async (name) => (await accounts.get(name))?.password,
    async create({ name, displayName, roles, mustChangePassword }, password) {
      checkRoles(roles);
      const now = clock.now();
      const fields = { displayName, roles, mustChangePassword, disabled: false, revision: 1, createdAt: now, passwordChangedAt: now };
      const stored: StoredAccount = { _id: name, ...fields, password: await hashPassword(password) };
      const result = await accounts.insert(stored, { durability: 'full' });
      if (result.inserted) return shown(stored);
      throw new AppError('ACCOUNT_EXISTS', 'input', `There is an account ${name} already.`, {
        values: { name },
        fix: 'Choose another name.',
      });
    },
    async update(name, change, expectedRevision) {
      checkRoles(change.roles);
      const result = await accounts.patchIf(
        name,
        { revision: expectedRevision },
        { set: { ...change }, inc: { revision: 1 } },
        { durability: 'full' },
      );
      if (result.outcome === 'patched') return shown(result.document);
      const theirs = await accounts.get(name);
      if (theirs === undefined) throw accountUnknown(name);
      throw staleRevision({ name, ...change, revision: expectedRevision }, shown(theirs));
    },
    async setPassword(name, password, mustChange) {
      const set = { password: await hashPassword(password), mustChangePassword: mustChange, passwordChangedAt: clock.now() };
      const result = await accounts.patchIf(name, {}, { set, inc: { revision: 1 } }, { durability: 'full' });
      if (result.outcome !== 'patched') throw accountUnknown(name);
    },
  };
}

export function accountUnknown(name: string): AppError {
  return new AppError('ACCOUNT_UNKNOWN', 'input', `There is no account ${name}.`, {
    values: { name },
    fix: 'List the accounts to see the names.',
  });
}

function shown({ _id, password: _password, ...account }: StoredAccount): Account {
  return { name: _id, ...account };
}
