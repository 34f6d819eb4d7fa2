import type { StoredDocument } from '../../engine/contract/ports/documents.ts';

export interface DocumentCache {
  get(collection: string, id: string): StoredDocument | undefined;
  /** Stores a document. `sizeChars` is the length of its JSON text. */
  set(collection: string, id: string, document: StoredDocument, sizeChars: number): void;
  delete(collection: string, id: string): void;
  clear(): void;
}

const MAX_DOCUMENTS = 10_000;
const MAX_CHARS = 16 * 1024 * 1024;
const MAX_CHARS_EACH = 256 * 1024;

/**
 * Caches the parsed documents that were written last. An execution writes its document many times; with the cache, the
 * document is not parsed again for each write. Drops the least recently used documents first.
 */
export function createDocumentCache(): DocumentCache {
  const entries = new Map<string, { readonly document: StoredDocument; readonly sizeChars: number }>();
  let chars = 0;

  function drop(key: string) {
    chars -= entries.get(key)?.sizeChars ?? 0;
    entries.delete(key);
  }

  return {
    get(collection, id) {
      const key = `${collection}/${id}`;
      return entries.get(key)?.document;
    },
    set(collection, id, document, sizeChars) {
      const key = `${collection}/${id}`;
      drop(key);
      if (sizeChars > MAX_CHARS_EACH) return;
      entries.set(key, { document, sizeChars });
      chars += sizeChars;
      for (const oldest of entries.keys()) {
        if (entries.size <= MAX_DOCUMENTS && chars <= MAX_CHARS) break;
        drop(oldest);
      }
    },
    delete: (collection, id) => drop(`${collection}/${id}`),
    clear() {
      entries.clear();
      chars = 0;
    },
  };
}
