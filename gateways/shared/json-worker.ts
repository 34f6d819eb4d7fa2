/** The thread behind `createJsonReader`. */
import { parentPort } from 'node:worker_threads';
import { parseJson } from './parse-json.ts';

parentPort!.on('message', ({ id, bytes }: { id: number; bytes: Uint8Array }) => {
  parentPort!.postMessage({ id, result: parseJson(bytes) });
});
