/** Collections in memory for tests of nodes. */
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { Collections } from '../../../engine/contract/node/collections.ts';
import { startCollectionLab } from '../../engine/collections/collection-lab.ts';

export async function openCollections(clock?: Clock): Promise<Collections> {
  return (await (await startCollectionLab(clock)).open()).of('d');
}
