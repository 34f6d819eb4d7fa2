/** A program that the tests kill: writes as fast as it can and names on stdout, line by line, what was answered. */
import { writeSync } from 'node:fs';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { visitsSpec } from '../../conformance/documents.ts';

const [folder = '', round = ''] = process.argv.slice(2);
const documents = await openEmbeddedDocuments({ folder, clock: wallClock(), logger: silentLogger });
const visits = await documents.open(visitsSpec('visits'));

async function write(lane: number): Promise<never> {
  for (let i = 0; ; i++) {
    const _id = `${round}-${lane}-${i}`;
    await visits.insert({ _id, bed: 0, tags: [`t${_id}`] }, { durability: 'full' });
    writeSync(1, `${_id} 0\n`);
    await visits.patchIf(_id, { bed: 0 }, { set: { bed: 1 } });
    writeSync(1, `${_id} 1\n`);
  }
}

await Promise.all(Array.from({ length: 50 }, (_, lane) => write(lane)));
