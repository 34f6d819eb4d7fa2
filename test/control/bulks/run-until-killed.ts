/** A program that dies by SIGKILL in the middle of a bulk. */
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { BULK, bulksOver, watcher } from './many-held.ts';

const [folder = '', file = ''] = process.argv.slice(2);
const documents = await openEmbeddedDocuments({ folder, clock: systemClock, logger: silentLogger });
const bulks = await bulksOver(documents, file, 5);
const dieHalfway = watcher((handled) => handled >= 50 && process.kill(process.pid, 'SIGKILL'));
await bulks.run({ kind: 'resend', bulkId: BULK, selection: {}, perSecond: 1000, reason: 'table corrected' }, dieHalfway);
