import { Worker } from 'node:worker_threads';
import type { JsonResult } from '../contract.ts';
import { parseJson } from './parse-json.ts';

/** Reads JSON bodies: small ones at once, large ones in a worker thread, so that they hold up nobody else (design page 8). */
export interface JsonReader {
  read(bytes: Uint8Array): JsonResult | Promise<JsonResult>;
  close(): Promise<void>;
}

const WORKER_ABOVE_BYTES = 128 * 1024;
/** Large bodies in the worker's queue; beyond, one more is not worth waiting for. */
const QUEUE_LIMIT = 64;
const FILE = import.meta.url.endsWith('.ts') ? './json-worker.ts' : './json-worker.js';

/** The worker is started by the first large body, and anew after it has died; what it was reading then is answered as busy. */
export function createJsonReader(): JsonReader {
  const waiting = new Map<number, (result: JsonResult) => void>();
  let worker: Worker | undefined;
  let lastId = 0;

  function start(): Worker {
    const started = new Worker(new URL(FILE, import.meta.url));
    started.unref();
    started.on('message', ({ id, result }: { id: number; result: JsonResult }) => {
      waiting.get(id)?.(result);
      waiting.delete(id);
    });
    const giveUp = () => {
      if (worker === started) worker = undefined;
      for (const resolve of waiting.values()) resolve({ problem: 'the reading thread ended', isBusy: true });
      waiting.clear();
    };
    started.on('error', giveUp).on('exit', giveUp);
    return started;
  }

  return {
    read(bytes) {
      if (bytes.byteLength <= WORKER_ABOVE_BYTES) return parseJson(bytes);
      if (waiting.size >= QUEUE_LIMIT) return { problem: 'too many large bodies are being read', isBusy: true };
      worker ??= start();
      const id = ++lastId;
      const copy = Uint8Array.from(bytes);
      worker.postMessage({ id, bytes: copy }, [copy.buffer]);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    async close() {
      await worker?.terminate();
    },
  };
}
