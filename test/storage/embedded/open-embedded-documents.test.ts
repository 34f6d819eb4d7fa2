import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../engine/contract/observe.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { documentsConformance } from '../../conformance/documents.ts';

documentsConformance('the embedded store', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-store-'));
  const documents = await openEmbeddedDocuments({ folder, clock, logger: silentLogger });
  return {
    documents,
    async close() {
      await documents.close();
      await rm(folder, { recursive: true });
    },
  };
});
