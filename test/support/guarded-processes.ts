/** Several processes of one installation, each with its guard, over one store in memory: control keeps the head of the trail, the others do not. */
import { Type } from 'typebox';
import { openAuditLog, type AuditLog } from '../../control/audit/audit-log.ts';
import type { AuditHead, AuditHeads } from '../../control/audit/audit-head.ts';
import { guardStore } from '../../control/integrity/guard-store.ts';
import type { StoreGuard } from '../../control/integrity/store-guard.ts';
import { createLogger } from '../../engine/host/logger.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { collectChanges, type MarkChange } from '../../engine/integrity/mark-changes.ts';
import { openIntegrity, type Integrity } from '../../engine/integrity/open-integrity.ts';
import { fakeClock, type FakeClock } from '../../engine/testing/fake-clock.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { createMemoryDocuments, type MemoryOperation } from '../../storage/memory/memory-documents.ts';
import { plainSeal } from '../control/start-control.ts';

export const ACTOR = { account: 'wang', roles: [], domains: 'all', via: 'session', from: '127.0.0.1' } as const;
export const accountsSpec: CollectionSpec<StoredDocument> = { name: 'accounts', schema: Type.Object({}), indexes: [] };
const KEY = new Uint8Array(32).fill(7);

export interface GuardedProcess {
  readonly guard: StoreGuard;
  readonly audit: AuditLog;
  readonly integrity: Integrity;
  readonly log: () => string;
  /** An audited act of this process. */
  act<R>(action: string, subject: string, work: () => Promise<R>): Promise<R>;
  accept(): Promise<void>;
  stop(): Promise<void>;
}

export interface Installation {
  readonly clock: FakeClock;
  /** Past the marks. */
  readonly documents: Documents;
  /** The file with the signed head; a test may put another in its place. */
  readonly file: { head: AuditHead | undefined };
  start(role: 'control' | 'worker', options?: { readonly heads?: AuditHeads }): Promise<GuardedProcess>;
}

export interface InstallationOptions {
  onOperation?(operation: MemoryOperation): Promise<void> | void;
  /** The version before has used the store: marks are not enforced. */
  readonly isUpgraded?: boolean;
}

export function openInstallation({ onOperation, isUpgraded = false }: InstallationOptions = {}): Installation {
  const clock = fakeClock();
  const inner = createMemoryDocuments({ clock, ...(onOperation === undefined ? {} : { onOperation }) });
  const documents: Documents = { ...inner, isExclusive: false };
  const file: { head: AuditHead | undefined } = { head: undefined };
  const headsOfFile: AuditHeads = {
    file: 'audit-head',
    read: () => Promise.resolve(file.head),
    newest: () => Promise.resolve(file.head),
    write(head) {
      file.head = head;
      return Promise.resolve({ ...head, signature: '' });
    },
  };
  let isNew = !isUpgraded;

  async function start(role: 'control' | 'worker', { heads }: { readonly heads?: AuditHeads } = {}): Promise<GuardedProcess> {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', format: 'json', write: (line) => void lines.push(line) });
    const crypto = createSoftwareCrypto();
    const integrity = await openIntegrity({
      documents,
      collections: () => [],
      kek: KEY,
      clock,
      logger,
      isNew,
      refuseOlder: () => Promise.resolve(),
    });
    isNew = false;
    const audit = await openAuditLog({ documents, crypto, seal: plainSeal, clock, logger, auditKey: KEY });
    const isKeeper = role === 'control';
    const own = heads ?? (isKeeper ? headsOfFile : undefined);
    const guard = await guardStore({
      documents,
      collections: () => [accountsSpec],
      integrity,
      audit,
      ...(own === undefined ? {} : { heads: own }),
      isKeeper,
      clock,
      logger,
    });
    return {
      guard,
      audit,
      integrity,
      log: () => lines.join(''),
      async act(action, subject, work) {
        const intent = await audit.intent({ action, actor: ACTOR, subject });
        const marks: MarkChange[] = [];
        const result = await collectChanges(marks, work);
        await audit.result(intent, { outcome: 'done', note: { subject }, marks });
        return result;
      },
      async accept() {
        const intent = await audit.intent({ action: 'integrity.accept-trail', actor: ACTOR });
        const { acceptance, marks } = await guard.acceptTrail();
        await audit.result(intent, { outcome: 'done', note: { after: acceptance }, marks });
      },
      async stop() {
        await guard.stop();
        integrity.stop();
      },
    };
  }

  return { clock, documents, file, start };
}
