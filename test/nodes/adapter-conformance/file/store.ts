/** What adapters of all kinds of folders have in common. `files`: where the server keeps them on this machine. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import file from '../../../../nodes/file/file.adapter.ts';
import filePoll from '../../../../nodes/file/poll.node.ts';
import { probeFiles } from '../../../../nodes/file/probe.ts';
import fileRead from '../../../../nodes/file/read.node.ts';
import fileWrite from '../../../../nodes/file/write.node.ts';
import { LARGE_BLOB, LARGE_BYTES, largeBlobs } from '../large-blobs.ts';
import { nodeAct, type OtherSide, type Subject } from '../subject.ts';

export type Files = Omit<OtherSide, 'probe' | 'acts' | 'trigger' | 'large'> & { readonly files: string };

export function fileSubject(about: Pick<Subject, 'name' | 'skip' | 'without'>, start: () => Promise<Files>): Subject {
  return {
    adapter: file,
    ...about,
    async start() {
      const place = await start();
      const { files } = place;
      // Tests write there as another user than the server.
      for (const name of ['', 'out']) makeFolder(join(files, name));
      writeFileSync(join(files, 'known.txt'), 'known');
      return { ...place, probe: probeFiles, ...whatIsDone(files) };
    },
  };
}

function whatIsDone(files: string): Pick<OtherSide, 'acts' | 'trigger' | 'large'> {
  const countOf = (marker: string) => (existsSync(join(files, 'out', `${marker}.txt`)) ? 1 : 0);
  return {
    acts: [
      nodeAct(fileWrite, { path: 'out/{data.marker}.txt' }, (marker) => ({ marker }), countOf),
      nodeAct(fileRead, { path: 'known.txt' }, () => ({})),
    ],
    trigger: {
      node: filePoll,
      config: (folder) => ({ folder, stableSec: 0, everySec: 1, doneFolder: `${folder}/done`, failedFolder: `${folder}/failed` }),
      create: (folder) => makeFolder(join(files, folder)),
      deliver(folder, marker) {
        const whole = join(files, folder, `${marker}.txt`);
        writeFileSync(`${whole}.part`, marker);
        chmodSync(`${whole}.part`, 0o666);
        renameSync(`${whole}.part`, whole);
      },
      setAside(folder) {
        const failed = join(files, folder, 'failed');
        const names = existsSync(failed) ? readdirSync(failed) : [];
        return names.map((name) => `${name} ${readFileSync(join(failed, name), 'utf8')}`).join('\n');
      },
    },
    large: {
      async carry(options) {
        const blobs = largeBlobs();
        await nodeAct(fileWrite, { path: 'large.bin' }, () => LARGE_BLOB).run('large', { ...options, blobs });
        await nodeAct(fileRead, { path: 'large.bin', output: 'blob', maxBytes: 2 * LARGE_BYTES }, () => ({})).run('large', {
          ...options,
          blobs,
        });
        assert.equal(blobs.written(), LARGE_BYTES);
      },
    },
  };
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o777);
}
