/**
 * The contract between the file nodes and a place where files are. To add a kind of place: copy `sftp.ts`, and add a
 * line to `stores.ts`. The suite `test/nodes/file/stores/conformance.ts` checks each kind against a real server.
 *
 * A path is relative to the folder of the adapter, with `/` between its parts (see `checkPath`); '' is that folder.
 */
import type { FileAccess } from '../../../engine/contract/node/file-access.ts';
import type { OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { Pooled } from '../../shared/pool.ts';
import type { FileSettings } from './settings.ts';

export interface FileEntry {
  readonly name: string;
  /**
   * A link or a device is `other`: it is listed, but never opened. `unreadable` is a file whose name is not text of the
   * charset of names: it cannot be read or moved, because the name here is not the true one.
   */
  readonly kind: 'file' | 'folder' | 'other' | 'unreadable';
  readonly sizeBytes: number;
  /** Epoch milliseconds, as precise as the server lists them. Absent if the server does not say it. */
  readonly modifiedAtMs: number | undefined;
}

export type FileState = Pick<FileEntry, 'sizeBytes' | 'modifiedAtMs'>;

export interface StoreTarget {
  readonly settings: FileSettings;
  /** The credential of the adapter; '' for local folders. */
  readonly credential: string;
  readonly connectTimeoutMs: number;
  /** The longest time in which the other side may say nothing, also within a transfer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Every socket must go through the guard, also those of data connections. */
  readonly outbound: OutboundGuard;
  /** Every local path must be resolved. */
  readonly files: FileAccess;
  /** Aborts opening. An open store is ended by `close`. */
  readonly signal: AbortSignal;
}

export interface StoreKind {
  /** Absent for a place without a server. */
  port?(settings: FileSettings): number;
  /**
   * Connects and logs in. Rejects with FILE_CONNECT_FAILED (transient), with FILE_LOGIN_REFUSED, FILE_TLS_REQUIRED,
   * FILE_HOST_KEY or OUTBOUND_REFUSED (input).
   */
  open(target: StoreTarget): Promise<FileStore>;
}

/**
 * One connection. It does one thing at a time. Its methods reject with:
 * - FILE_MISSING, FILE_EXISTS, FILE_REFUSED (input): the place refused it
 * - FILE_STORE_FULL, FILE_SERVER_ERROR (transient): nothing was done
 * - FILE_NO_ANSWER (transient): the connection was lost. What was sent may have been done.
 */
export interface FileStore extends Pooled {
  /** True if `rename` without replacing can never replace a file, also if something else creates it at that moment. */
  readonly refusesExisting: boolean;
  /** Returns the entries of a folder in any order. Rejects with FILE_TOO_MANY (input) above `MAX_ENTRIES`. */
  list(folder: string): Promise<readonly FileEntry[]>;
  /** Returns size and time of a file; undefined if there is no file with this path. */
  stat(path: string): Promise<FileState | undefined>;
  /** Reads a file from an offset, as fast as it is consumed. May be ended early; the connection may then be unusable. */
  read(path: string, offset: number): AsyncIterable<Uint8Array>;
  /**
   * Writes a file: a new one, or one that is replaced (offset 0), or from an offset that equals its present size. When it
   * resolves, the data is with the server, and on disk where that can be demanded.
   */
  write(path: string, source: AsyncIterable<Uint8Array>, offset: number): Promise<void>;
  /** Moves a file. Without `replaces`, rejects with FILE_EXISTS if the target exists. */
  rename(from: string, to: string, options: { readonly replaces: boolean }): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes a folder, with those above it. Does nothing if it exists. */
  makeFolder(folder: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(folder: string): Promise<void>;
}

export const MAX_ENTRIES = 100_000;
