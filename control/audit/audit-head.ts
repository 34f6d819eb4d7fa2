/**
 * The last line of the audit trail, signed with SM2 and stored in a second place. Without it, an audit trail whose last
 * lines were cut off, or an older copy of the whole store, would look genuine. The signing key is derived from the
 * key-encryption key and is in no database.
 * The default place is a file beside the data folder. A root user of the machine can change the audit trail and the
 * file; to protect against that, configure a place on another machine.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Crypto, KeyHandle } from '../../engine/contract/ports/crypto.ts';
import { canonicalJson } from './canonical-json.ts';

export interface AuditHead {
  readonly storeId: string;
  /** Number of the last line. */
  readonly number: number;
  readonly mac: string;
  readonly at: number;
  /**
   * True if this store rejects documents without a valid mark. The store itself may claim otherwise after it was
   * changed; this value counts.
   */
  readonly isEnforced: boolean;
  /**
   * Time of the check that found the head missing although the audit trail had lines. The end of the audit trail cannot
   * be trusted until a person accepts it.
   */
  readonly missingSince?: number;
}

export interface SignedHead extends AuditHead {
  /** Base64url of the SM2 signature over the canonical JSON of the other fields. */
  readonly signature: string;
}

interface HeadFile {
  readonly version: 1;
  /** Public key, for checking a head with other tools. */
  readonly publicPem: string;
  /** Heads by store id. An installation that was moved has several. */
  readonly heads: Readonly<Record<string, SignedHead>>;
}

export interface AuditHeads {
  readonly file: string;
  /**
   * Returns the head of this store; undefined if there is none. Rejects with AUDIT_HEAD_BROKEN (bug) if the file was
   * changed.
   */
  read(storeId: string): Promise<AuditHead | undefined>;
  /** Returns the head that was written last, whichever store it belongs to. */
  newest(): Promise<AuditHead | undefined>;
  /** Writes the head and returns it signed. Resolves once a power failure cannot lose it. */
  write(head: AuditHead): Promise<SignedHead>;
}

export interface AuditHeadsDeps {
  readonly file: string;
  readonly crypto: Pick<Crypto, 'importKey' | 'sign' | 'verify'>;
  /** PEM (PKCS#8 and SPKI) of the SM2 key. */
  readonly key: { readonly privatePem: string; readonly publicPem: string };
}

const MAX_STORES = 50;

export function createAuditHeads({ file, crypto, key }: AuditHeadsDeps): AuditHeads {
  const privateKey = crypto.importKey({ format: 'pem', pem: key.privatePem }, 'SM2-SM3', 'private');
  const publicKey = crypto.importKey({ format: 'pem', pem: key.publicPem }, 'SM2-SM3', 'public');

  async function readHeads(): Promise<readonly SignedHead[]> {
    const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw broken(file, cause);
    });
    if (text === undefined) return [];
    const heads = Object.values(parse(file, text).heads);
    for (const head of heads) if (!(await isGenuine(crypto, publicKey, head))) throw broken(file);
    return heads;
  }

  return {
    file,
    read: async (storeId) => (await readHeads()).find((head) => head.storeId === storeId),
    newest: async () => (await readHeads()).toSorted((a, b) => b.at - a.at)[0],
    async write(head) {
      const signature = await crypto.sign(privateKey, textOf(head));
      const signed: SignedHead = { ...head, signature: Buffer.from(signature).toString('base64url') };
      const others = (await readHeads().catch(() => [])).filter(({ storeId }) => storeId !== head.storeId);
      const kept = [signed, ...others.toSorted((a, b) => b.at - a.at)].slice(0, MAX_STORES);
      const heads = Object.fromEntries(kept.map((one) => [one.storeId, one]));
      await replaceFile(file, `${JSON.stringify({ version: 1, publicPem: key.publicPem, heads } satisfies HeadFile, undefined, 2)}\n`);
      return signed;
    },
  };
}

function textOf({ storeId, number, mac, at, isEnforced, missingSince }: AuditHead): Uint8Array {
  return Buffer.from(canonicalJson({ storeId, number, mac, at, isEnforced, missingSince }));
}

async function isGenuine(crypto: Pick<Crypto, 'verify'>, publicKey: KeyHandle, head: SignedHead): Promise<boolean> {
  if (typeof head.signature !== 'string') return false;
  return crypto.verify(publicKey, textOf(head), Buffer.from(head.signature, 'base64url'));
}

function parse(file: string, text: string): HeadFile {
  try {
    const read = JSON.parse(text) as HeadFile;
    if (typeof read.heads === 'object') return read;
  } catch (cause) {
    throw broken(file, cause);
  }
  throw broken(file);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}

export function headMissing(file: string): AppError {
  return new AppError('AUDIT_HEAD_MISSING', 'bug', `The signed head of the audit trail, ${file}, is missing.`, {
    values: { file },
    fix: 'Restore the file and start again, or compare the newest lines with a copy; then let the security administrator accept the trail.',
  });
}

function broken(file: string, cause?: unknown): AppError {
  return new AppError('AUDIT_HEAD_BROKEN', 'bug', `The head of the audit trail in ${file} was changed, or cannot be read.`, {
    values: { file },
    fix: 'Find out who changed it. The security administrator can then accept the trail as it is, which writes a new head.',
    ...(cause === undefined ? {} : { cause }),
  });
}
