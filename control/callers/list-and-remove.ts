/** The list and remove actions shared by user token keys and bus consumers. */
import { Type } from 'typebox';
import { type Action, closed, defineAction } from '../action/action.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';
import { type DomainRule, type DomainScope, notFound } from '../access/domains.ts';
import type { Revised } from '../registry/registry.ts';
import type { RevisionedStore } from '../registry/revisioned-store.ts';
import type { BusConsumer, UserTokenKey } from '../../gateways/documents.ts';

interface Kept<T> {
  readonly remove: DomainRule<{ readonly id: string }>;
  see(items: readonly Revised<T>[], domains: DomainScope): Promise<readonly Revised<T>[]>;
}

export function listAndRemove<T extends UserTokenKey | BusConsumer>(
  area: string,
  what: { readonly 'zh-CN': string; readonly en: string },
  store: RevisionedStore<Revised<T>>,
  plans: PlanPublisher,
  { remove, see }: Kept<T>,
): readonly Action[] {
  return [
    defineAction({
      name: `${area}.list`,
      right: 'callers.read',
      domain: 'filtered',
      text: { 'zh-CN': `${what['zh-CN']}列表`, en: `List ${what.en}` },
      input: Type.Object({}, closed),
      audited: false,
      run: async ({ domains }) => ({
        items: (await see(await store.list(), domains)).map((item) => ({ ...item, value: { ...item.value, tokenDigest: undefined } })),
      }),
    }),
    defineAction({
      name: `${area}.remove`,
      right: 'callers.edit',
      domain: remove,
      text: { 'zh-CN': `删除${what['zh-CN']}`, en: `Delete from ${what.en}` },
      input: Type.Object({ id: Type.String({ minLength: 1, maxLength: 100 }) }, closed),
      audited: true,
      stepUp: true,
      subject: ({ id }) => id,
      async run(_ctx, { id }) {
        const removed = await store.remove(id);
        if (!removed) throw notFound(id);
        plans.changed();
        return { removed };
      },
    }),
  ];
}
