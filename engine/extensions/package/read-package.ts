/**
 * Reads the package of an extension: a ZIP file with `manifest.json`, `extension.mjs` and `signature.json`. Nothing is
 * written to a disk, and nothing runs.
 */
import { Check, Default, Errors } from 'typebox/value';
import { Type, type Static, type TObject } from 'typebox';
import type { Entry } from 'yauzl';
import type { Crypto } from '../../contract/ports/crypto.ts';
import { readConfigSchema } from './config-schema.ts';
import { packageInvalid } from './extension-errors.ts';
import { ExtensionManifest, PublisherId } from './manifest.ts';

export const MOST_PACKAGE_BYTES = 4 * 1024 * 1024;
const MOST_UNPACKED_BYTES = 8 * 1024 * 1024;
export const PACKAGE_FILES = { manifest: 'manifest.json', code: 'extension.mjs', signature: 'signature.json' } as const;

export const PublisherScheme = Type.Union([Type.Literal('SM2-SM3'), Type.Literal('ED25519')]);
export type PublisherScheme = Static<typeof PublisherScheme>;

const PackageSignature = Type.Object(
  {
    publisher: PublisherId,
    scheme: PublisherScheme,
    /** Fingerprint of the key, as its page shows it. */
    key: Type.String({ pattern: '^SM3:[0-9a-f]{64}$' }),
    /** Base64. */
    signature: Type.String({ maxLength: 1000, pattern: '^[A-Za-z0-9+/]+=*$' }),
  },
  { additionalProperties: false },
);
export type PackageSignature = Static<typeof PackageSignature>;

export interface ExtensionPackage {
  readonly manifest: ExtensionManifest;
  /** The configuration schema of each node, by verb. */
  readonly configs: ReadonlyMap<string, TObject>;
  readonly code: string;
  readonly signature: PackageSignature;
  /** What the publisher signed. */
  readonly signed: Uint8Array;
}

/** Returns the content of a package. Rejects with EXTENSION_PACKAGE (input). The signature is not verified yet. */
export async function readPackage(bytes: Buffer, crypto: Pick<Crypto, 'digest'>): Promise<ExtensionPackage> {
  const files = await unpack(bytes);
  const [manifestText, code, signatureText] = Object.values(PACKAGE_FILES).map((name) => files.get(name));
  if (manifestText === undefined || code === undefined) throw packageInvalid('files');
  if (signatureText === undefined) throw packageInvalid('unsigned');
  const signature = parseJson(signatureText);
  if (!Check(PackageSignature, signature)) throw packageInvalid('signature');
  const { manifest, configs } = readManifest(parseJson(manifestText));
  if (manifest.publisher !== signature.publisher) throw packageInvalid('signature');
  return { manifest, configs, code: code.toString('utf8'), signature, signed: signedContent({ manifest: manifestText, code }, crypto) };
}

/** Returns manifest and code of a package, which may be unsigned. Rejects with EXTENSION_PACKAGE (input). */
export async function readParts(bytes: Buffer): Promise<{ readonly manifest: Buffer; readonly code: Buffer }> {
  const files = await unpack(bytes);
  const [manifest, code] = [files.get(PACKAGE_FILES.manifest), files.get(PACKAGE_FILES.code)];
  if (manifest === undefined || code === undefined) throw packageInvalid('files');
  return { manifest, code };
}

/** Checks a manifest, and fills in its defaults. Throws EXTENSION_PACKAGE (input) with every problem. */
export function readManifest(given: unknown): Pick<ExtensionPackage, 'manifest' | 'configs'> {
  const manifest = Default(ExtensionManifest, structuredClone(given));
  if (!Check(ExtensionManifest, manifest)) {
    const issues = Errors(ExtensionManifest, manifest)
      .slice(0, 20)
      .map(({ instancePath: path, message }) => ({ path, code: 'EXTENSION_PACKAGE', message, severity: 'error' as const }));
    throw packageInvalid('manifest', { place: issues[0]?.path ?? '', why: issues[0]?.message ?? '' }, issues);
  }
  const configs = new Map(manifest.nodes.map(({ verb, config }) => [verb, readConfigSchema(config, verb)] as const));
  if (configs.size < manifest.nodes.length) throw packageInvalid('manifest', { place: '/nodes', why: 'two nodes have the same verb' });
  return { manifest, configs };
}

/** Returns the bytes that a publisher signs. They name each file with its digest, so that no file can be exchanged. */
export function signedContent(
  files: { readonly manifest: Uint8Array; readonly code: Uint8Array },
  { digest }: Pick<Crypto, 'digest'>,
): Uint8Array {
  const hex = (bytes: Uint8Array) => Buffer.from(digest('sm3', bytes)).toString('hex');
  return Buffer.from(`kangqiao-extension/1\nmanifest.json ${hex(files.manifest)}\nextension.mjs ${hex(files.code)}\n`);
}

async function unpack(bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  if (bytes.length > MOST_PACKAGE_BYTES) throw packageInvalid('large', { limit: MOST_PACKAGE_BYTES });
  const { fromBufferPromise } = await import('yauzl');
  const zip = await fromBufferPromise(bytes, { lazyEntries: true, strictFileNames: true }).catch(() =>
    Promise.reject(packageInvalid('zip')),
  );
  const known: ReadonlySet<string> = new Set(Object.values(PACKAGE_FILES));
  const entries: Entry[] = [];
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      const isRepeated = entries.some(({ fileName }) => fileName === entry.fileName);
      if (!known.has(entry.fileName) || isRepeated || entry.isEncrypted()) return reject(packageInvalid('files'));
      entries.push(entry);
      return zip.readEntry();
    });
    zip.on('end', resolve).on('error', () => reject(packageInvalid('zip')));
    zip.readEntry();
  });
  const files = new Map<string, Buffer>();
  let total = 0;
  for (const entry of entries) {
    const chunks: Buffer[] = [];
    const stream = await zip.openReadStreamPromise(entry).catch(() => Promise.reject(packageInvalid('zip')));
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        total += chunk.length;
        if (total > MOST_UNPACKED_BYTES) throw packageInvalid('large', { limit: MOST_UNPACKED_BYTES });
        chunks.push(chunk);
      }
    } catch (error) {
      throw error instanceof Error && 'code' in error && error.code === 'EXTENSION_PACKAGE' ? error : packageInvalid('zip');
    }
    files.set(entry.fileName, Buffer.concat(chunks));
  }
  zip.close();
  return files;
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    throw packageInvalid('manifest', { place: '', why: 'it is not JSON' });
  }
}
