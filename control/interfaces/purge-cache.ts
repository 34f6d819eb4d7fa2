import { Type } from 'typebox';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { digestCacheTag, purgeCaches } from '../../gateways/documents/cache-purge.ts';
import { existing } from '../access/domains.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { all, type Owners } from '../action/owners.ts';
import type { Registry } from '../registry/registry.ts';

export interface PurgeCacheServices {
  readonly shared: SharedState;
  readonly crypto: Pick<Crypto, 'digest'>;
  readonly registry: Registry;
  readonly owners: Owners;
}

export function purgeCacheActions(services: PurgeCacheServices): readonly Action[] {
  return [purgeCache(services)];
}

/** Purges cached responses of an interface: all of them, those with a tag, or the one with a key. */
function purgeCache({ shared, crypto, registry, owners }: PurgeCacheServices): Action {
  return defineAction({
    name: 'interfaces.purge-cache',
    right: 'interfaces.publish',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: { 'zh-CN': '清除接口的应答缓存', en: 'Purge cached responses of an interface' },
    input: Type.Object(
      {
        interfaceId: Type.String({ maxLength: 64 }),
        // A value of the header `Cache-Tag` of the target.
        tag: Type.Optional(Type.String({ pattern: '^[\\x21-\\x2b\\x2d-\\x7e]{1,128}$' })),
        // The key in the response header `Cache-Status`.
        key: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
      },
      closed,
    ),
    audited: true,
    subject: ({ interfaceId }) => interfaceId,
    async run(ctx, { interfaceId, tag, key }) {
      existing(await registry.interfaces.get(interfaceId), interfaceId);
      const part = { ...(tag !== undefined && { tag: digestCacheTag(tag, crypto) }), ...(key !== undefined && { key }) };
      // Digests, because the trail keeps this in plain.
      ctx.note.after = part;
      await purgeCaches(shared, { interfaceId, ...part });
      return { purged: true };
    },
  });
}
