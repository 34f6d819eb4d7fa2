import assert from 'node:assert/strict';
import { test } from 'node:test';
import { translateSqliteError } from '../../../storage/embedded/translate-sqlite-error.ts';

const codeOf = (errcode: number) => {
  const { code, kind } = translateSqliteError(Object.assign(new Error('text of SQLite'), { errcode }));
  return `${code} ${kind}`;
};

test('a store that somebody else holds is busy, a disk that refuses is told from a damaged file, extended codes as well', () => {
  // SQLITE_BUSY, _BUSY_RECOVERY, _BUSY_SNAPSHOT, SQLITE_LOCKED, _LOCKED_SHAREDCACHE
  for (const code of [5, 261, 517, 6, 262]) assert.equal(codeOf(code), 'STORE_BUSY transient', String(code));
  // SQLITE_IOERR_READ, SQLITE_READONLY, _READONLY_DIRECTORY, SQLITE_CANTOPEN
  for (const code of [266, 8, 1544, 14]) assert.equal(codeOf(code), 'STORE_IO transient', String(code));
  // SQLITE_CORRUPT, _CORRUPT_VTAB, _CORRUPT_INDEX, SQLITE_NOTADB
  for (const code of [11, 267, 779, 26]) assert.equal(codeOf(code), 'STORE_DAMAGED bug', String(code));
  assert.equal(codeOf(13), 'STORE_FULL transient');
  assert.equal(codeOf(1), 'STORE_BUG bug');
});
