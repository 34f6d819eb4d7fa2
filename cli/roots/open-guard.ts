/**
 * Opens the guard of a store and the audit trail that the guard reads. Call it before anything else reads the store.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { openAuditLog, type AuditLog } from '../../control/audit/audit-log.ts';
import { createAuditHeads, type AuditHeads } from '../../control/audit/audit-head.ts';
import { guardStore, type GuardDeps } from '../../control/integrity/guard-store.ts';
import type { StoreGuard } from '../../control/integrity/store-guard.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Settings } from '../../engine/host/settings.ts';
import { SM2_PKCS8_PREFIX } from '../../storage/crypto/sm2.ts';
import type { Storage } from '../../storage/open-storage.ts';
import { deriveKey } from './open-host.ts';

export interface OpenedGuard {
  readonly guard: StoreGuard;
  readonly audit: AuditLog;
}

export interface GuardParts {
  readonly settings: Pick<Settings, 'kekFile' | 'auditHeadFile'>;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Opens the guard. `isKeeper` is true if this process writes to the audit trail and signs its head. */
export async function openGuard(host: GuardParts, storage: Storage, isKeeper: boolean, { isRestored = false } = {}): Promise<OpenedGuard> {
  const parts = { ...(await openGuardParts(host, storage, isKeeper)), isRestored };
  return { guard: await guardStore(parts), audit: parts.audit };
}

export async function openGuardParts(host: GuardParts, storage: Storage, isKeeper: boolean): Promise<GuardDeps> {
  const { settings, crypto, clock, log } = host;
  const audit = await openAuditLog({
    documents: storage.documents,
    crypto,
    seal: storage.seal,
    clock,
    logger: log,
    auditKey: await deriveKey(settings.kekFile, 'audit'),
  });
  return {
    documents: storage.gate.documents,
    collections: () => storage.gate.collections.all(),
    integrity: storage.integrity,
    audit,
    heads: await openHeads(host),
    isKeeper,
    clock,
    logger: log,
  };
}

/** Opens the signed heads. The signing key is derived at each start and never stored. */
export async function openHeads({ settings, crypto }: Pick<GuardParts, 'settings' | 'crypto'>): Promise<AuditHeads> {
  const secret = await deriveKey(settings.kekFile, 'audit head');
  const key = createPrivateKey({ key: Buffer.concat([SM2_PKCS8_PREFIX, secret]), format: 'der', type: 'pkcs8' });
  const privatePem = key.export({ format: 'pem', type: 'pkcs8' }) as string;
  const publicPem = createPublicKey(key).export({ format: 'pem', type: 'spki' }) as string;
  return createAuditHeads({ file: settings.auditHeadFile, crypto, key: { privatePem, publicPem } });
}
