/**
 * How a poller takes a file for itself: it moves the file into a folder of its own, `kq-claimed-<poller>-<run>`. Of two
 * that move the same file, one succeeds. The poller is the trigger of one installation, whichever process runs it; a run
 * is one listening. What an earlier run has left behind is taken up again by the next one.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createToken } from '../paths/create-token.ts';
import { joinPath, nameOf } from '../paths/paths.ts';
import type { FileEntry, FileState, FileStore } from '../stores/store.ts';

export const CLAIMED = 'kq-claimed-';

export interface ClaimedFile {
  readonly path: string;
  /** The name that it had, and has again in the folder for processed files. */
  readonly name: string;
  readonly state: FileState;
}

export class Claims {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #own: string;
  /** The suffix of files that say that another file is complete. */
  readonly #marker: string | undefined;

  constructor({ folder, poller, marker }: { readonly folder: string; readonly poller: string; readonly marker: string | undefined }) {
    this.#folder = folder;
    this.#prefix = `${CLAIMED}${poller}-`;
    this.#own = joinPath(folder, `${this.#prefix}${createToken()}`);
    this.#marker = marker;
  }

  /** Takes a file, or returns undefined if something else has taken it. */
  async claim(store: FileStore, name: string): Promise<ClaimedFile | undefined> {
    if (this.#marker !== undefined) {
      const marker = await this.#take(store, `${name}${this.#marker}`, this.#own);
      if (marker === undefined) return undefined;
      const path = await this.#take(store, name, this.#own);
      await store.remove(marker);
      return path === undefined ? undefined : claimedFile(store, path);
    }
    const path = await this.#take(store, name, this.#own);
    return path === undefined ? undefined : claimedFile(store, path);
  }

  /** Returns what this run and earlier ones have taken and not settled. Removes folders of earlier runs that are empty. */
  async unsettled(store: FileStore, entries: readonly FileEntry[]): Promise<readonly ClaimedFile[]> {
    const found: ClaimedFile[] = [];
    for (const { name, kind } of entries) {
      if (kind !== 'folder' || !name.startsWith(this.#prefix)) continue;
      const folder = joinPath(this.#folder, name);
      const files = (await store.list(folder)).filter((entry) => entry.kind === 'file').map((entry) => entry.name);
      if (files.length === 0 && folder !== this.#own) await store.removeFolder(folder).catch(ignoreInput);
      const data = await this.#settleMarkers(store, folder, files);
      for (const file of data.sort()) {
        const claimed = await claimedFile(store, joinPath(folder, file));
        if (claimed !== undefined) found.push(claimed);
      }
    }
    return found;
  }

  /** Removes the folder of this run if nothing is in it. */
  async end(store: FileStore): Promise<void> {
    await store.removeFolder(this.#own).catch(ignoreInput);
  }

  /**
   * A marker in the folder of an earlier run: its file was complete. If the file itself was not taken yet, it is taken
   * now. The marker goes first, so that it can never stand for a later file of the same name.
   */
  async #settleMarkers(store: FileStore, folder: string, files: readonly string[]): Promise<string[]> {
    const suffix = this.#marker;
    if (suffix === undefined) return [...files];
    const data = new Set(files.filter((file) => !file.endsWith(suffix)));
    for (const marker of files.filter((file) => file.endsWith(suffix))) {
      const name = marker.slice(0, -suffix.length);
      if (!data.has(name) && (await this.#take(store, name, folder)) !== undefined) data.add(name);
      await store.remove(joinPath(folder, marker)).catch(ignoreInput);
    }
    return [...data];
  }

  async #take(store: FileStore, name: string, into: string): Promise<string | undefined> {
    const [from, to] = [joinPath(this.#folder, name), joinPath(into, name)];
    const move = () => store.rename(from, to, { replaces: false });
    try {
      await move().catch(async (error: unknown) => {
        if (!isInput(error) || (await store.stat(from)) === undefined || (await store.stat(to)) !== undefined) throw error;
        await store.makeFolder(into);
        await move();
      });
      return to;
    } catch (error) {
      // Something else took it, or a file of the same name is still claimed.
      if (isInput(error) && ((await store.stat(from)) === undefined || (await store.stat(to)) !== undefined)) return undefined;
      throw error;
    }
  }
}

async function claimedFile(store: FileStore, path: string): Promise<ClaimedFile | undefined> {
  const state = await store.stat(path);
  return state && { path, name: nameOf(path), state };
}

function isInput(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'input';
}

function ignoreInput(error: unknown): void {
  if (!isInput(error)) throw error;
}
