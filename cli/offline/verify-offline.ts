/**
 * Checks the marks of a store and decides about its audit trail, on the machine that has the key-encryption key. No
 * login is needed.
 */
import type { VerifyReport } from '../../control/audit-trail/audit.ts';
import { verifyStore } from '../../control/integrity/guard-store.ts';
import type { Actor } from '../../control/access/actor.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { readProcessSettings, type Settings } from '../../engine/host/settings.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { openStorage, type Storage } from '../../storage/open-storage.ts';
import { openGuard, openGuardParts } from '../roots/open-guard.ts';
import { storageSettings } from '../roots/open-host.ts';
import type { SettingOverrides } from '../roots/root-options.ts';

const MACHINE: Actor = { account: 'system', roles: [], domains: 'all', via: 'system', from: 'command line' };

/** Checks the whole store and changes nothing. */
export async function verifyOffline(overrides: SettingOverrides, signal: AbortSignal): Promise<VerifyReport> {
  return withStorage({ settings: readProcessSettings(overrides), isLook: true }, async (storage, host) => {
    const { chain, ...marks } = await verifyStore({ ...(await openGuardParts(host, storage, true)), signal });
    return { ...chain, marks };
  });
}

/**
 * Accepts the present audit trail of this store by an audited action and signs a new head: after a restore, or if the
 * security administrator cannot log in.
 */
export async function acceptOffline(
  settings: Settings,
  action: string,
  note: { readonly reason?: string; readonly after?: unknown },
  { isRestored = false } = {},
): Promise<void> {
  await withStorage({ settings, isLook: false }, async (storage, host) => {
    const { guard, audit } = await openGuard(host, storage, true, { isRestored });
    const intent = await audit.intent({ action, actor: MACHINE });
    const { acceptance, marks } = await guard.acceptTrail();
    await audit.result(intent, {
      outcome: 'done',
      note: { ...note, after: { ...(note.after as object | undefined), ...acceptance } },
      marks,
    });
    await guard.stop();
  });
}

/**
 * Marks a reported document in its present state by an audited action, if nobody can log in to decide. Rejects with
 * INTEGRITY_NOTHING_FOUND (input) if there is no finding about the document.
 */
export async function keepOffline(settings: Settings, document: string, reason: string): Promise<void> {
  const [collection = '', ...id] = document.split('/');
  await withStorage({ settings, isLook: false }, async (storage, host) => {
    const { guard, audit } = await openGuard(host, storage, true);
    const intent = await audit.intent({ action: 'integrity.decide', actor: MACHINE, subject: id.join('/') });
    const kept = await guard.decide(collection, id.join('/'), 'keep');
    await audit.result(intent, { outcome: 'done', note: { reason, after: { collection, decision: 'keep' } }, marks: [kept] });
    await guard.stop();
  });
}

async function withStorage<R>(
  { settings, isLook }: { readonly settings: Settings; readonly isLook: boolean },
  work: (storage: Storage, host: Parameters<typeof openGuard>[0]) => Promise<R>,
): Promise<R> {
  const parts = { clock: systemClock, logger: silentLogger };
  const storage = await openStorage({ ...storageSettings(settings), isLook, ...parts });
  try {
    return await work(storage, { settings, crypto: createSoftwareCrypto(), clock: systemClock, log: silentLogger });
  } finally {
    await storage.close();
  }
}
