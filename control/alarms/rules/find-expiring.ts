/**
 * Finds what expires within thirty days or has expired while still in use: keys, grants, tokens and certificates of the
 * bus, the certificate of the listeners, and the platform's own keys.
 */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { PLATFORM_KEY_LIFE_MS } from '../../registry/platform-key-store.ts';
import type { Registry } from '../../registry/registry.ts';

export interface Expiring {
  readonly what: 'app-key' | 'grant' | 'bus-consumer' | 'tls-certificate' | 'platform-key';
  /** Key id, grant id, or the certificate's subject. */
  readonly id: string;
  readonly appId?: string;
  readonly expiresAt: number;
}

const SOON_MS = 30 * 86_400_000;
/** Grants, keys and bus consumers that expired longer ago than this are no longer reported. */
const GONE_MS = 7 * 86_400_000;

export interface ExpiringDeps {
  readonly registry: Registry;
  readonly clock: Clock;
  /** PEM of the listeners' certificate. */
  readonly certificate: string | undefined;
}

/** Returns what expires soon or has expired, the earliest expiry first. */
export async function findExpiring({ registry, clock, certificate }: ExpiringDeps): Promise<readonly Expiring[]> {
  const [keys, grants, consumers, platformKeys] = await Promise.all([
    registry.keys.list(),
    registry.grants.list(),
    registry.busConsumers.list(),
    registry.platformKeys.list(),
  ]);
  const all: Expiring[] = [
    ...keys.flatMap(({ appId, keyId, state, expiresAt }) =>
      // Leave out RETIRING keys: the person who retired such a key already knows when it expires.
      expiresAt === undefined || state !== 'ACTIVE' ? [] : [{ what: 'app-key' as const, id: keyId, appId, expiresAt }],
    ),
    ...grants.flatMap(({ grantId, appId, expiresAt }) =>
      expiresAt === undefined ? [] : [{ what: 'grant' as const, id: grantId, appId, expiresAt }],
    ),
    ...consumers.flatMap(({ id, value: { appId, label, expiresAt } }) =>
      expiresAt === undefined
        ? []
        : [{ what: 'bus-consumer' as const, id: label === undefined ? id : `${label} · ${id.slice(0, 12)}`, appId, expiresAt }],
    ),
    ...certificateEnds(certificate),
    ...platformKeys.flatMap(({ keyId, state, madeAt }) =>
      state === 'ACTIVE' ? [{ what: 'platform-key' as const, id: keyId, expiresAt: madeAt + PLATFORM_KEY_LIFE_MS }] : [],
    ),
  ];
  const now = clock.now();
  // The platform's own certificate and keys stay in use after they expire, so they are always reported.
  const isGone = ({ what, expiresAt }: Expiring) => what !== 'tls-certificate' && what !== 'platform-key' && expiresAt <= now - GONE_MS;
  return all.filter((one) => one.expiresAt < now + SOON_MS && !isGone(one)).sort((a, b) => a.expiresAt - b.expiresAt);
}

function certificateEnds(pem: string | undefined): readonly Expiring[] {
  if (pem === undefined) return [];
  const { subject, validTo } = new X509Certificate(pem);
  return [{ what: 'tls-certificate', id: subject.split('\n').join(', '), expiresAt: Date.parse(validTo) }];
}
