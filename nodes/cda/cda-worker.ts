/** The thread that reads documents. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import { decodeText } from '../shared/charset/text-charset.ts';
import { toBoundedJson } from '../shared/parse-worker/parse-task.ts';
import { xmlCharset } from '../shared/xml/xml-charset.ts';
import { readDocument } from './read-document.ts';

export interface CdaTask {
  readonly source: string | Uint8Array;
  readonly charset: string | undefined;
}

/** Returns JSON text: the event loop takes it faster than many small values. */
serveTasks<CdaTask, string>(({ source, charset }) =>
  toBoundedJson(readDocument(typeof source === 'string' ? source : decodeText(source, charset ?? xmlCharset(source)))),
);
