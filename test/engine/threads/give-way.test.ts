import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('./say-niceness.ts', import.meta.url));

async function nicenessOfThread(ofProcess: number): Promise<number> {
  const given = ['-n', String(ofProcess), process.execPath, PROGRAM];
  return Number((await promisify(execFile)('nice', given)).stdout);
}

test(
  'a thread whose work others decide gives way, and never takes more than its process has',
  { skip: process.platform !== 'linux' },
  async () => {
    // This process may have a priority of its own.
    for (const more of [0, 10, 19]) assert.equal(await nicenessOfThread(more), Math.max(5, Math.min(19, getPriority() + more)));
  },
);
