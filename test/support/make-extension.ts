/** Packages of extensions as a publisher makes them. */
import { signPackage } from '../../engine/extensions/package/write-package.ts';
import type { PublisherScheme } from '../../engine/extensions/package/read-package.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';

export interface Publisher {
  readonly scheme: PublisherScheme;
  readonly privatePem: string;
  readonly publicPem: string;
}

export async function newPublisher(crypto: Crypto, scheme: PublisherScheme = 'SM2-SM3'): Promise<Publisher> {
  const pair = (await crypto.generateKey(scheme)) as { privatePem: string; publicPem: string };
  return { scheme, ...pair };
}

const both = (text: string) => ({ 'zh-CN': text, en: text });

export function nodeOf(verb: string, changes: Record<string, unknown> = {}) {
  const config = { type: 'object', properties: {}, additionalProperties: false };
  return { verb, category: 'transform', text: { label: both(verb), help: both(`${verb} of a test`) }, effect: 'pure', config, ...changes };
}

export function manifestOf(changes: Record<string, unknown> = {}) {
  return {
    ...{ schema: 'extension/1', id: 'x-test', version: '1.0.0', publisher: 'acme' },
    text: { label: both('Test'), help: both('An extension of a test') },
    nodes: [nodeOf('echo')],
    ...changes,
  };
}

export const ECHO = 'export const nodes = { echo: (ctx, message) => message.data };';

export function packageOf(crypto: Crypto, publisher: Publisher, manifest: object = manifestOf(), code = ECHO): Promise<Buffer> {
  const parts = { manifest: Buffer.from(JSON.stringify(manifest)), code: Buffer.from(code) };
  return signPackage(parts, publisher.privatePem, publisher.scheme, crypto);
}
