/** The actions of an attacker who has the file of a stopped embedded store and knows SQL, but not the key-encryption key. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

type Fields = Record<string, unknown>;

export interface StoreEdit {
  get(collection: string, id: string): Fields;
  /** In the order of ids. */
  all(collection: string): readonly Fields[];
  change(collection: string, id: string, change: (document: Fields) => Fields): void;
  /** Index columns stay empty. */
  insert(collection: string, id: string, document: Fields): void;
  /** Where `where` is left out: all. */
  remove(collection: string, where?: string): void;
  readonly database: DatabaseSync;
}

/** `folder` is the one that holds `store.sqlite`. */
export function editStore<R>(folder: string, edit: (store: StoreEdit) => R): R {
  const database = new DatabaseSync(join(folder, 'store.sqlite'));
  const read = (row: unknown) => JSON.parse((row as { doc: string }).doc) as Fields;
  const get = (collection: string, id: string) => {
    const row = database.prepare(`SELECT doc FROM "${collection}" WHERE id = ?`).get(id);
    if (row === undefined) throw new Error(`there is no ${id} in ${collection}`);
    return read(row);
  };
  try {
    return edit({
      get,
      all: (collection) => database.prepare(`SELECT doc FROM "${collection}" ORDER BY id`).all().map(read),
      change(collection, id, change) {
        const doc = JSON.stringify(change(get(collection, id)));
        database.prepare(`UPDATE "${collection}" SET doc = ? WHERE id = ?`).run(doc, id);
      },
      insert(collection, id, document) {
        database.prepare(`INSERT INTO "${collection}" (id, doc) VALUES (?, ?)`).run(id, JSON.stringify(document));
      },
      remove(collection, where = '1 = 1') {
        database.exec(`DELETE FROM "${collection}" WHERE ${where}`);
      },
      database,
    });
  } finally {
    database.close();
  }
}
