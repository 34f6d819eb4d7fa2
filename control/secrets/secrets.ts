/** Actions for secrets. They return names and permitted adapters; only `secrets.reveal` returns a value. */
import { Type } from 'typebox';
import { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import type { DomainRequirement, DomainScope } from '../access/domains.ts';
import { all, type Owners } from '../action/owners.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import { SALT_PREFIX } from '../../gateways/documents/object-rules.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';

export interface SecretServices {
  readonly plans: Pick<PlanPublisher, 'changed'>;
  readonly bindingStore: BindingStore;
  readonly owners: Owners;
}

const SecretName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' });

export interface SecretItem {
  readonly name: string;
  /** Adapters that may use the secret as their credential. */
  readonly adapters: readonly string[];
  readonly updatedAt: number;
  /** Adapters that use the secret. */
  readonly usedBy: readonly { readonly adapterId: string; readonly name: Text }[];
}

export function secretActions(services: SecretServices): readonly Action[] {
  return [listSecrets(services), saveSecret(services), removeSecret(services), revealSecret(services)];
}

function listSecrets({ bindingStore }: SecretServices): Action {
  return defineAction({
    name: 'secrets.list',
    right: 'adapters.read',
    domain: 'filtered',
    text: { 'zh-CN': '凭据的名称及可使用它的适配器（不含值）', en: 'Names of secrets and the adapters that may use them, never values' },
    input: onlyPage,
    audited: false,
    run: async ({ domains }, wish): Promise<Page<SecretItem>> =>
      pageOf(await secretsSeen(bindingStore, domains), ({ name }) => [name], wish),
  });
}

function saveSecret({ bindingStore, owners, plans }: SecretServices): Action {
  return defineAction({
    name: 'secrets.save',
    right: 'secrets.edit',
    domain: ({ name, adapters }) => savingSecret(owners, name, adapters),
    text: {
      'zh-CN': '保存凭据（SM4 加密存储）；只有 adapters 中的适配器可以使用',
      en: 'Store a secret, sealed; only the listed adapters may use it as their credential',
    },
    input: Type.Object(
      {
        name: SecretName,
        value: Type.String({ minLength: 1, maxLength: 20_000 }),
        adapters: Type.Array(AdapterDocument.properties.adapterId, { maxItems: 100, uniqueItems: true }),
      },
      closed,
    ),
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run(ctx, { name, value, adapters }) {
      await bindingStore.saveSecret(name, value, adapters);
      if (name.startsWith(SALT_PREFIX)) plans.changed();
      ctx.note.after = { adapters };
      return { name, adapters };
    },
  });
}

function removeSecret({ bindingStore, owners, plans }: SecretServices): Action {
  return defineAction({
    name: 'secrets.remove',
    right: 'secrets.edit',
    domain: ({ name }) => all(owners.secret(name)),
    text: { 'zh-CN': '删除凭据（有适配器使用它时拒绝）', en: 'Delete a secret; refused while adapters log in with it' },
    input: Type.Object({ name: SecretName }, closed),
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run(_ctx, { name }) {
      const users = usersIn(await bindingStore.listAdapters(), name).map(({ adapterId }) => adapterId);
      if (users.length > 0) throw secretInUse(name, users);
      const removed = await bindingStore.removeSecret(name);
      if (name.startsWith(SALT_PREFIX)) plans.changed();
      return { removed };
    },
  });
}

function revealSecret({ bindingStore, owners }: SecretServices): Action {
  return defineAction({
    name: 'secrets.reveal',
    right: 'secrets.reveal',
    domain: ({ name }) => all(owners.secret(name)),
    text: { 'zh-CN': '查看凭据：须说明理由，留下审计', en: 'Reveal a secret: requires a reason and writes an audit line' },
    input: Type.Object({ name: SecretName, reason: Type.String({ minLength: 5, maxLength: 500 }) }, closed),
    audited: true,
    stepUp: true,
    subject: ({ name }) => name,
    async run(ctx, { name, reason }) {
      ctx.note.reason = reason;
      return { name, value: await bindingStore.revealSecret(name) };
    },
  });
}

/**
 * Returns the secrets that the person sees. A person without all domains sees a secret only if they see every adapter
 * that may use it.
 */
async function secretsSeen(bindingStore: BindingStore, domains: DomainScope): Promise<readonly SecretItem[]> {
  const [secrets, all] = await Promise.all([bindingStore.listSecrets(), bindingStore.listAdapters()]);
  const adapters = domains.keep(all);
  const seen = new Set(adapters.map(({ adapterId }) => adapterId));
  const isSeen = (bound: readonly string[]) => bound.length > 0 && bound.every((adapterId) => seen.has(adapterId));
  return secrets
    .filter((secret) => domains.only === undefined || isSeen(secret.adapters))
    .map(({ name, adapters: boundTo, updatedAt }) => ({ name, adapters: boundTo, updatedAt, usedBy: usersIn(adapters, name) }));
}

/**
 * Returns the domains that saving a secret requires: those of every adapter that may use it, before and after the
 * change.
 */
async function savingSecret(owners: Owners, name: string, adapters: readonly string[]): Promise<readonly DomainRequirement[]> {
  const bound = await Promise.all(adapters.map((adapterId) => owners.adapter(adapterId)));
  const none: DomainRequirement = { id: name, domains: [undefined] };
  return [{ ...(await owners.secret(name)), mayBeNew: true }, ...bound, ...(bound.length === 0 ? [none] : [])];
}

function usersIn(adapters: readonly AdapterDocument[], secret: string): SecretItem['usedBy'] {
  return adapters.filter(({ credential }) => credential === secret).map(({ adapterId, name }) => ({ adapterId, name }));
}

function secretInUse(name: string, users: readonly string[]): AppError {
  return new AppError('SECRET_IN_USE', 'input', `Adapters use it as their credential: ${users.join(', ')}.`, {
    values: { name, adapters: users.join('、') },
    fix: 'Give these adapters another credential first.',
  });
}
