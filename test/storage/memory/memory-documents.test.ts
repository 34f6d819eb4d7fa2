import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { documentsConformance } from '../../conformance/documents.ts';

documentsConformance('memory', async (clock) => {
  const documents = createMemoryDocuments({ clock });
  return { documents, close: () => documents.close() };
});
