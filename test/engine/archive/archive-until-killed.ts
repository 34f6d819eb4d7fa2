/** A program that the tests kill: archives what lies in an embedded store, says when it is through, and waits. */
import { writeSync } from 'node:fs';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { archiveExecutions } from '../../../engine/archive/archive-executions.ts';
import { executionsSpec, lateOutcomesSpec, legsSpec } from '../../../engine/execution/execution-document.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { createMemoryBlobs } from '../../../storage/memory/memory-blobs.ts';
import { openSeal } from '../../support/model-engine.ts';

const [store = '', folder = ''] = process.argv.slice(2);
const clock = wallClock();
const documents = await openEmbeddedDocuments({ folder: store, clock, logger: silentLogger });
writeSync(1, 'begun\n');
await archiveExecutions(
  {
    executions: await documents.open(executionsSpec),
    legs: await documents.open(legsSpec),
    lateOutcomes: await documents.open(lateOutcomesSpec),
    blobs: createMemoryBlobs({ clock }),
    seal: openSeal,
    published: { at: () => Promise.reject(new TypeError('no flows here')) },
    folder,
    afterDays: 7,
    clock,
    log: silentLogger,
    metrics: silentMetrics,
  },
  { mayGoOn: () => true },
);
await documents.close();
writeSync(1, 'done\n');
