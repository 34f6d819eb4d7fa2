import { runInThreads } from '../../shared/run-in-threads.ts';
import type { XsltTask } from './transform.ts';

/** Creates the function that transforms for one node. It rejects with the errors of `transform` and `runInThreads`. */
export const createRunXslt = runInThreads<XsltTask, string>(
  new URL(import.meta.url.endsWith('.ts') ? './xslt-worker.ts' : './xslt-worker.js', import.meta.url),
);
