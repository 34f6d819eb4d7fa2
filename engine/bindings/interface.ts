/** What a flow refers to by name: adapters, their secrets, code tables. */
import type { Adapter, AdapterDocument, CodeTable } from '../contract/node/adapter.ts';
import type { Issue } from '../contract/values/errors.ts';

/** A frozen set of code tables; executions are pinned to one by `id`. */
export interface TableSnapshot {
  readonly id: string;
  /**
   * Returns the value for a key. Throws CODE_TABLE_UNKNOWN (input) if the table does not exist, and CODE_UNKNOWN
   * (input) if the key is absent and the table has no fallback.
   */
  lookup(table: string, key: string): string;
  has(table: string): boolean;
}

/** `engine/bindings/`: adapters, secrets and code tables by name, resolved for the running environment, from memory. */
export interface Bindings {
  adapter(adapterId: string): Adapter | undefined;
  /**
   * Returns the adapter's credential; only adapters can get a secret. Rejects with SECRET_MISSING (input) if there is
   * none, and with SECRET_NOT_BOUND (input) if the secret is not meant for this adapter.
   */
  secret(adapterId: string): Promise<string>;
  tables(): TableSnapshot;
  /** Returns the snapshot that an execution is pinned to. */
  tablesAt(id: string): Promise<TableSnapshot>;
}

/**
 * `engine/bindings/`: the stores behind the bindings, for control. A save rejects with STALE_REVISION (input) if
 * `expectedRevision` is not the current revision. The error's `cause` has the given and the stored version.
 */
export interface BindingStore {
  listAdapters(): Promise<readonly AdapterDocument[]>;
  getAdapter(adapterId: string): Promise<AdapterDocument | undefined>;
  /**
   * Returns all problems in the adapter's content that prevent saving. They include settings, of any environment, that
   * do not fit the adapter's protocol.
   */
  adapterIssues(document: AdapterDocument): readonly Issue[];
  /**
   * Rejects with BINDING_INVALID (input) if `adapterIssues` reports problems, and with SECRET_NOT_BOUND (input) if the
   * credential is a secret that is not meant for this adapter.
   */
  saveAdapter(document: AdapterDocument, expectedRevision: number): Promise<AdapterDocument>;
  removeAdapter(adapterId: string): Promise<boolean>;
  /**
   * Returns an unsaved adapter as it would be after saving; undefined if it has no settings for this environment.
   * `secret` rejects as `Bindings.secret` does.
   */
  preview(document: AdapterDocument): { readonly adapter: Adapter; secret(): Promise<string> } | undefined;
  listTables(): Promise<readonly CodeTable[]>;
  getTable(tableId: string): Promise<CodeTable | undefined>;
  saveTable(table: CodeTable, expectedRevision: number): Promise<CodeTable>;
  removeTable(tableId: string): Promise<boolean>;
  /** Returns names only. Values are returned only by `revealSecret`. */
  listSecrets(): Promise<readonly { readonly name: string; readonly adapters: readonly string[]; readonly updatedAt: number }[]>;
  /**
   * Stores a secret that only the given adapters may use as their credential. To bind a secret to another adapter, a
   * person must know its value.
   */
  saveSecret(name: string, value: string, adapters: readonly string[]): Promise<void>;
  removeSecret(name: string): Promise<boolean>;
  revealSecret(name: string): Promise<string>;
}
