/** Archives that other programs make, and what comes of them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import archiveUnpack from '../../../nodes/archive/unpack.node.ts';

/** Runs a script of Python in which `z` is the open `zipfile.ZipFile`; returns the archive. */
export function zippedByPython(script: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'kq-zip-'));
  try {
    const path = join(folder, 'a.zip');
    const whole = `import sys, zipfile, os\nwith zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z:\n${script.replace(/^/gm, '    ')}\n`;
    const { status, stderr } = spawnSync('python3', ['-c', whole, path], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes names as they are, in GBK and without a mark, as Windows in Chinese does. */
export const GBK_NAMES = `
class Gbk(zipfile.ZipInfo):
    def _encodeFilenameFlags(self):
        return self.filename.encode('gbk'), self.flag_bits
`;

export interface Unpacked {
  readonly blobId: string;
  readonly sizeBytes: number;
  readonly name: string;
  readonly path: string;
  readonly mediaType: string;
}

export async function unpack(data: unknown, config: Record<string, unknown> = {}, options: RunNodeOptions = {}) {
  const blobs = options.blobs ?? memoryBlobs();
  const outcome = await runNode(archiveUnpack, { config, data, blobs, ...options });
  assert.ok('emit' in outcome);
  return { files: outcome.emit!['ok']![0]!.data as readonly Unpacked[], blobs };
}

export async function contentOf(blobs: Blobs, blobId: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.get(blobId)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
