import 'reflect-metadata';
import { randomBytes, type webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** PEM texts of a server, and of the authority that a client must trust. */
export interface DevCertificates {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** For `curl --cacert`. */
  readonly caFile: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
/** Clients refuse server certificates that live longer (CA/Browser Forum: 398 days). */
const SERVER_DAYS = 390;
const CA_DAYS = 3650;
const RENEW_BEFORE_DAYS = 30;
const NAMES = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
] as const;

/**
 * TLS for a machine without certificates of its own: an authority and a certificate for localhost, made at the first start and kept in
 * `folder` (keys 0600), renewed 30 days before the end; the authority stays, so that what trusts it goes on trusting. Never for production.
 */
export async function loadDevCertificates(folder: string, nowMs: number): Promise<DevCertificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = (await readPair(folder, 'ca', nowMs)) ?? (await storePair(folder, 'ca', await makeAuthority(nowMs)));
  const stored = await readPair(folder, 'server', nowMs);
  const isOurs = stored !== undefined && (await isIssuedBy(stored.cert, ca.cert, nowMs));
  const server = isOurs ? stored : await storePair(folder, 'server', await makeServer(ca, nowMs));
  return { cert: server.cert, key: server.key, ca: ca.cert, caFile: join(folder, 'ca.crt') };
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Undefined when it is not there, cannot be read as a certificate, or ends soon. */
async function readPair(folder: string, name: string, nowMs: number): Promise<Pair | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(join(folder, `${name}.crt`), 'utf8'), readFile(join(folder, `${name}.key`), 'utf8')]);
    const endsAt = new x509.X509Certificate(cert).notAfter.getTime();
    return endsAt - nowMs > RENEW_BEFORE_DAYS * DAY_MS ? { cert, key } : undefined;
  } catch {
    return undefined;
  }
}

/** The key first: a certificate without its key would be taken for a pair. */
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

async function makeAuthority(nowMs: number): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(nowMs, CA_DAYS),
    // The suffix tells authorities of two data folders apart.
    name: `CN=Kangqiao development CA ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: await toPem(keys.privateKey) };
}

async function makeServer(ca: Pair, nowMs: number): Promise<Pair> {
  const authority = new x509.X509Certificate(ca.cert);
  const signingKey = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(ca.key), ALGORITHM, false, ['sign']);
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(nowMs, SERVER_DAYS),
    subject: 'CN=localhost',
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([...NAMES]),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: await toPem(keys.privateKey) };
}

/** A day back, for clocks that go a little slow. */
function validity(nowMs: number, days: number): { readonly serialNumber: string; readonly notBefore: Date; readonly notAfter: Date } {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  return { serialNumber: serial.toString('hex'), notBefore: new Date(nowMs - DAY_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

async function isIssuedBy(cert: string, ca: string, nowMs: number): Promise<boolean> {
  const publicKey = new x509.X509Certificate(ca).publicKey;
  return new x509.X509Certificate(cert).verify({ publicKey, date: new Date(nowMs) });
}

async function toPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
