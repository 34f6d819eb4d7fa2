/** What a flow refers to by name: adapters, their secrets, code tables. */
import type { Adapter, AdapterDocument, CodeTable } from '../contract/node/adapter.ts';
import type { Issue } from '../contract/values/errors.ts';

/** A frozen set of code tables; executions are pinned to one by `id`. */
export interface TableSnapshot {
  readonly id: string;
  /**
   * CODE_TABLE_UNKNOWN if the table does not exist; CODE_UNKNOWN if the key is absent and the table has no fallback.
   */
  lookup(table: string, key: string): string;
  has(table: string): boolean;
}

/** `engine/bindings/`: adapters, secrets and code tables by name, resolved for the running environment, from memory. */
export interface Bindings {
  adapter(adapterId: string): Adapter | undefined;
  /**
   * Returns the adapter's credential; only adapters can get a secret. SECRET_MISSING (input) if there is none,
   * SECRET_NOT_BOUND (input) if the secret is not meant for this adapter.
   */
  secret(adapterId: string): Promise<string>;
  tables(): TableSnapshot;
  /** The snapshot that an execution is pinned to. */
  tablesAt(id: string): Promise<TableSnapshot>;
}

/**
 * `engine/bindings/`: the stores behind the bindings, for control. A stale `expectedRevision` throws STALE_REVISION
 * with both versions in `cause`.
 */
export interface BindingStore {
  listAdapters(): Promise<readonly AdapterDocument[]>;
  getAdapter(adapterId: string): Promise<AdapterDocument | undefined>;
  /**
   * Everything in its content that prevents saving, including settings that do not fit its protocol, in any
   * environment.
   */
  adapterIssues(document: AdapterDocument): readonly Issue[];
  /** BINDING_INVALID with those issues; SECRET_NOT_BOUND if its credential is a secret that is not meant for it. */
  saveAdapter(document: AdapterDocument, expectedRevision: number): Promise<AdapterDocument>;
  removeAdapter(adapterId: string): Promise<boolean>;
  /**
   * An unsaved adapter as it would be; undefined if it has no settings for this environment. The same rules apply to
   * its credential.
   */
  preview(document: AdapterDocument): { readonly adapter: Adapter; secret(): Promise<string> } | undefined;
  listTables(): Promise<readonly CodeTable[]>;
  getTable(tableId: string): Promise<CodeTable | undefined>;
  saveTable(table: CodeTable, expectedRevision: number): Promise<CodeTable>;
  removeTable(tableId: string): Promise<boolean>;
  /** Names only; values are returned only by `revealSecret`. */
  listSecrets(): Promise<readonly { readonly name: string; readonly adapters: readonly string[]; readonly updatedAt: number }[]>;
  /** Only `adapters` may name it as their credential: a person who binds it must know its value. */
  saveSecret(name: string, value: string, adapters: readonly string[]): Promise<void>;
  removeSecret(name: string): Promise<boolean>;
  revealSecret(name: string): Promise<string>;
}
