import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAdapter } from '../kit.ts';
import { NO_NETWORK } from '../subject.ts';
import { databaseSubject } from './engine.ts';

describeAdapter(
  databaseSubject({ name: 'SQLite', skip: undefined, without: NO_NETWORK }, async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'kq-sqlite-')));
    const file = join(folder, 'lis.db');
    new DatabaseSync(file).close();
    const nothing = async () => undefined;
    return {
      ...{ port: 0, password: '', kill: nothing, restart: nothing },
      stop: async () => rmSync(folder, { recursive: true, force: true }),
      settings: () => ({ engine: 'sqlite', file, idleCloseMs: 200 }),
      rows: (count) =>
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT printf('%.1000c', 'x') AS t FROM n`,
    };
  }),
);
