/**
 * Decides which builds may share a store. Each build has a level: builds with the same level can read what any of them
 * writes. During an upgrade two builds work in parallel for a while, and the newer one may be rolled back. So a build
 * also names the lowest level that may work beside it (`beside`). The store keeps the highest `level` and the highest
 * `beside` of all builds that used it. A build with a level lower than the stored `beside` is refused before it
 * misreads data. Raise `level` of BUILD_LEVEL when this build writes data that the previous one does not know. Raise
 * `beside` too only if the previous build would damage something. Then all processes of the previous build must end
 * before the first process of the new build starts, and only a backup can undo the upgrade.
 */
import { Type } from 'typebox';
import type { CollectionSpec, Documents, StoredDocument } from '../engine/contract/ports/documents.ts';
import { incompatible } from './shared/server-address.ts';

export interface BuildLevel {
  readonly level: number;
  /** The lowest level that may work on the same store. */
  readonly beside: number;
}

/** Level 2 marks documents that grant rights (`engine/integrity`). */
export const BUILD_LEVEL: BuildLevel = { level: 2, beside: 1 };
/**
 * The level when marks are enforced. Builds of level 1 are then refused, because they would change documents without
 * updating the marks.
 */
export const MARKS_LEVEL: BuildLevel = { level: 2, beside: 2 };

interface StoredLevel extends StoredDocument, BuildLevel {}

const levelsSpec: CollectionSpec<StoredLevel> = {
  name: 'store_level',
  schema: Type.Object({ _id: Type.String(), level: Type.Integer(), beside: Type.Integer() }, { additionalProperties: true }),
  indexes: [],
};
const ID = 'store';

/**
 * Stores the levels of this build in the store, if they are higher than the stored ones. Rejects with
 * STORE_INCOMPATIBLE (input) if a newer build has used the store and this build may not work beside it.
 */
export async function enterStoreLevel(documents: Documents, build: BuildLevel = BUILD_LEVEL): Promise<void> {
  const levels = await documents.open(levelsSpec);
  if ((await levels.insert({ _id: ID, ...build }, { durability: 'full' })).inserted) return;
  for (;;) {
    const stored = await levels.get(ID);
    if (stored === undefined) return;
    if (stored.beside > build.level) throw tooOld(stored, build);
    if (stored.level >= build.level && stored.beside >= build.beside) return;
    const set = { level: Math.max(stored.level, build.level), beside: Math.max(stored.beside, build.beside) };
    const { outcome } = await levels.patchIf(ID, { level: stored.level, beside: stored.beside }, { set }, { durability: 'full' });
    if (outcome === 'patched') return;
  }
}

function tooOld({ beside }: StoredLevel, { level }: BuildLevel): Error {
  return incompatible(
    'The store',
    `been used by a newer version of Kangqiao, which needs level ${beside}`,
    `a program of that level (this one has ${level})`,
    'Start the newer program, or restore the backup from before the upgrade.',
  );
}
