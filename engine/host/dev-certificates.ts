import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pair } from './make-certificates.ts';

/** PEM texts of a server's certificate and key, and of the authority that a client must trust. */
export interface DevCertificates {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Path of the authority's certificate, for `curl --cacert`. */
  readonly caFile: string;
}

const DAY_MS = 86_400_000;
const RENEW_BEFORE_DAYS = 30;

/**
 * Returns TLS certificates for a machine without its own: an authority and a certificate for localhost. They are
 * created at the first start, stored in `folder` (keys with mode 0600), and renewed 30 days before they expire. A new
 * server certificate keeps the authority, so clients keep trusting it. Never use them in production.
 */
export async function loadDevCertificates(folder: string, nowMs: number): Promise<DevCertificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = await readPair(folder, 'ca', nowMs);
  const stored = await readPair(folder, 'server', nowMs);
  if (kept !== undefined && stored !== undefined && isIssuedBy(stored.cert, kept.cert, nowMs)) return inFolder(folder, kept, stored);
  const { makeAuthority, makeServer } = await import('./make-certificates.ts');
  const ca = kept ?? (await storePair(folder, 'ca', await makeAuthority(nowMs)));
  return inFolder(folder, ca, await storePair(folder, 'server', await makeServer(ca, nowMs)));
}

function inFolder(folder: string, ca: Pair, { cert, key }: Pair): DevCertificates {
  return { cert, key, ca: ca.cert, caFile: join(folder, 'ca.crt') };
}

/** Reads a certificate and its key. Returns undefined if they do not exist, are not readable, or expire soon. */
async function readPair(folder: string, name: string, nowMs: number): Promise<Pair | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(join(folder, `${name}.crt`), 'utf8'), readFile(join(folder, `${name}.key`), 'utf8')]);
    const endsAt = new X509Certificate(cert).validToDate.getTime();
    return endsAt - nowMs > RENEW_BEFORE_DAYS * DAY_MS ? { cert, key } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the key before the certificate. After a crash in between, the old certificate is still there and is renewed
 * again. In the other order, a new certificate could be left beside an old key. `readPair` would accept that, because
 * it checks only the date of the certificate.
 */
async function storePair(folder: string, name: string, pair: Pair): Promise<Pair> {
  for (const [ending, text] of [
    ['key', pair.key],
    ['crt', pair.cert],
  ] as const) {
    const path = join(folder, `${name}.${ending}`);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  return pair;
}

function isIssuedBy(cert: string, ca: string, nowMs: number): boolean {
  const certificate = new X509Certificate(cert);
  return certificate.validFromDate.getTime() <= nowMs && certificate.verify(new X509Certificate(ca).publicKey);
}
