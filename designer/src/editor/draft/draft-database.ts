/**
 * The browser's database for drafts of flows. Logging out empties it, because the tests of a flow may contain patient
 * data.
 */
import { clear, createStore, type UseStore } from 'idb-keyval';

let database: UseStore | undefined;

export function draftDatabase(): UseStore {
  database ??= createStore('kangqiao', 'drafts');
  return database;
}

export function removeAllDrafts(): Promise<void> {
  return clear(draftDatabase());
}
