/** Child of the adoption test: opens the home and dies at the write that is named, as a power cut would have it. */
import { openAuditLog } from '../../control/audit/audit-log.ts';
import { guardStore } from '../../control/integrity/guard-store.ts';
import type { Collection, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import { deriveKey } from '../../cli/roots/open-host.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { openStorage } from '../../storage/open-storage.ts';

const [home = '', atWrite = '0'] = process.argv.slice(2);
let left = Number(atWrite);
const kekFile = `${home}/kek`;
const parts = { clock: systemClock, logger: silentLogger };
const storage = await openStorage({ address: `embedded:${home}/store`, kekFile, ...parts });
const auditKey = await deriveKey(kekFile, 'audit');
const documents: Documents = {
  ...storage.gate.documents,
  async open<T extends StoredDocument>(spec: Parameters<Documents['open']>[0]): Promise<Collection<T>> {
    const inner = (await storage.gate.documents.open(spec)) as unknown as Collection<T>;
    const counted = async <R>(write: () => Promise<R>): Promise<R> => {
      if (--left === 0) process.kill(process.pid, 'SIGKILL');
      return write();
    };
    return {
      ...inner,
      insert: (document, options) => counted(() => inner.insert(document, options)),
      replaceIf: (document, match, options) => counted(() => inner.replaceIf(document, match, options)),
    };
  },
};
const audit = await openAuditLog({ documents, crypto: createSoftwareCrypto(), seal: storage.seal, auditKey, ...parts });
const { integrity } = storage;
const commit = integrity.commit.bind(integrity);
await guardStore({
  documents,
  collections: () => storage.gate.collections.all(),
  integrity: Object.assign(Object.create(integrity) as typeof integrity, {
    async commit() {
      if (--left === 0) process.kill(process.pid, 'SIGKILL');
      return commit();
    },
  }),
  audit,
  isKeeper: true,
  ...parts,
});
process.stdout.write(`left ${left}\n`);
await storage.close();
