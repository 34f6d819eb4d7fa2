/** Runs nodes for tables. */
import assert from 'node:assert/strict';
import type { NodeDefinition } from '../../../engine/contract/node/node.ts';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Message } from '../../../engine/contract/values/message.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';

export async function messageOf(node: NodeDefinition, options: RunNodeOptions): Promise<Message> {
  const outcome = await runNode(node, options);
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!;
}

export async function dataOf(node: NodeDefinition, data: unknown, config: Record<string, unknown> = {}): Promise<unknown> {
  return (await messageOf(node, { config, data })).data;
}

/** The code of the error, and what it names. */
export async function refusalOf(work: Promise<unknown>): Promise<readonly [string, Readonly<Record<string, unknown>>]> {
  const error: unknown = await work.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, String(error));
  assert.equal(error.kind, 'input');
  return [error.code, error.values ?? {}];
}

/** A blob of so many lines that is never held: `heldBytes()` says how far reading ran ahead of what was stored. */
export function streamedBlob(line: (number: number) => string, lines: number): { readonly blobs: Blobs; readonly heldBytes: () => number } {
  const stored = memoryBlobs();
  let [read, taken, held] = [0, 0, 0];
  const blobs: Blobs = {
    ...stored,
    async *get(blobId) {
      if (blobId !== 'blob_source') {
        yield* stored.get(blobId);
        return;
      }
      for (let from = 0; from < lines; from += 1000) {
        const chunk = Buffer.from(Array.from({ length: Math.min(1000, lines - from) }, (_, index) => line(from + index)).join(''));
        read += chunk.length;
        held = Math.max(held, read - taken);
        yield chunk;
      }
    },
    async put(source) {
      for await (const chunk of source) taken += chunk.length;
      return { blobId: 'blob_result', sizeBytes: taken };
    },
  };
  return { blobs, heldBytes: () => held };
}
