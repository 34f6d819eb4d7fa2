import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAdapter } from '../kit.ts';
import { NO_NETWORK } from '../subject.ts';
import { fileSubject } from './store.ts';

describeAdapter(
  fileSubject({ name: 'Local folder', skip: undefined, without: NO_NETWORK }, async () => {
    const files = realpathSync(mkdtempSync(join(tmpdir(), 'kq-files-')));
    const nothing = async () => undefined;
    return {
      ...{ files, port: 0, kill: nothing, restart: nothing },
      settings: () => ({ kind: 'local', folder: files }),
      stop: async () => rmSync(files, { recursive: true, force: true }),
    };
  }),
);
