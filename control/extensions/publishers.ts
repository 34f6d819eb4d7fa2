/** The keys of publishers. Only packages that one of them signed can be uploaded and run. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import { PublisherId } from '../../engine/extensions/package/manifest.ts';
import { PublisherScheme } from '../../engine/extensions/package/read-package.ts';
import type { PublisherKey } from '../../engine/extensions/extension-store.ts';
import type { Extensions } from '../../engine/extensions/open-extensions.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import { onlyPage, pageOf, type Page } from '../action/pages.ts';

export interface PublisherServices {
  readonly extensions: Extensions;
  readonly crypto: Crypto;
  readonly clock: Clock;
}

export interface ShownPublisherKey extends Omit<PublisherKey, '_id'> {
  readonly keyId: string;
  /** Versions that it signed. */
  readonly signed: readonly string[];
}

const MOST_KEYS = 100;
const keyId = Type.String({ maxLength: 120, pattern: '^[a-z0-9-]+:SM3:[0-9a-f]{64}$' });

export function publisherActions(services: PublisherServices): readonly Action[] {
  return [listKeys(services), addKey(services), removeKey(services)];
}

function listKeys({ extensions: { store } }: PublisherServices): Action {
  return defineAction({
    name: 'publishers.list',
    right: 'system.read',
    domain: 'none',
    text: { 'zh-CN': '扩展发布者的公钥', en: 'Keys of publishers of extensions' },
    input: onlyPage,
    audited: false,
    async run(_ctx, wish): Promise<Page<ShownPublisherKey>> {
      const [keys, records] = await Promise.all([store.keys.list(), store.list()]);
      const shown = keys.map(({ _id, ...key }) => ({ ...key, keyId: _id, signed: signedBy(key, records).map((record) => record._id) }));
      return pageOf(shown, (key) => [key.keyId], wish);
    },
  });
}

function addKey({ extensions: { store }, crypto, clock }: PublisherServices): Action {
  return defineAction({
    name: 'publishers.add',
    right: 'extensions.approve',
    domain: 'all',
    text: { 'zh-CN': '登记扩展发布者的公钥', en: 'Register the public key of a publisher of extensions' },
    input: Type.Object({ publisher: PublisherId, scheme: PublisherScheme, publicPem: Type.String({ maxLength: 2000 }) }, closed),
    audited: true,
    stepUp: true,
    subject: ({ publisher }) => publisher,
    async run(ctx, { publisher, scheme, publicPem }): Promise<{ readonly fingerprint: string }> {
      const { fingerprint } = crypto.importKey({ format: 'pem', pem: publicPem }, scheme, 'public');
      if ((await store.keys.list()).length >= MOST_KEYS) throw full();
      const key = { publisher, scheme, publicPem, fingerprint, by: ctx.actor.account, at: clock.now() };
      if (!(await store.keys.add(key))) throw exists(publisher);
      ctx.note.after = { fingerprint, scheme };
      return { fingerprint };
    },
  });
}

function removeKey({ extensions: { store } }: PublisherServices): Action {
  return defineAction({
    name: 'publishers.remove',
    right: 'extensions.approve',
    domain: 'all',
    text: { 'zh-CN': '撤销发布者的公钥；它签名的扩展须先停用', en: 'Withdraw the key of a publisher; disable what it signed first' },
    input: Type.Object({ keyId }, closed),
    audited: true,
    stepUp: true,
    subject: (input) => input.keyId,
    async run(ctx, input) {
      const key = existing(
        (await store.keys.list()).find(({ _id }) => _id === input.keyId),
        input.keyId,
      );
      const enabled = signedBy(key, await store.list()).filter(({ state }) => state === 'enabled');
      if (enabled.length > 0) throw inUse(enabled.map(({ _id }) => _id));
      await store.keys.remove(key._id);
      ctx.note.before = { fingerprint: key.fingerprint };
      return {};
    },
  });
}

function signedBy<T extends { readonly publisher: string; readonly key: string }>(
  { publisher, fingerprint }: Pick<PublisherKey, 'publisher' | 'fingerprint'>,
  records: readonly T[],
): readonly T[] {
  return records.filter((record) => record.publisher === publisher && record.key === fingerprint);
}

function exists(publisher: string): AppError {
  return new AppError('PUBLISHER_KEY_EXISTS', 'input', `This key of ${publisher} is registered already.`, {
    values: { publisher },
    fix: 'See the list of keys.',
  });
}

function full(): AppError {
  return new AppError('PUBLISHER_KEYS_FULL', 'input', `There are already ${MOST_KEYS} keys of publishers.`, {
    values: { limit: MOST_KEYS },
    fix: 'Withdraw those that are not needed.',
  });
}

function inUse(extensions: readonly string[]): AppError {
  return new AppError('PUBLISHER_KEY_IN_USE', 'input', `Enabled extensions are signed with it: ${extensions.join(', ')}.`, {
    values: { extensions: extensions.join('、') },
    fix: 'Disable these extensions first.',
  });
}
