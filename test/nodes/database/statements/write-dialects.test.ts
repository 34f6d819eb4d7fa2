import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGINES } from '../../../../nodes/database/engines.ts';
import { MYSQL, ORACLE, POSTGRESQL, SQLSERVER, type SqlSyntax } from '../../../../nodes/database/sql/syntax.ts';
import { TableWriter, WRITE_DIALECTS } from '../../../../nodes/database/statements/write-dialects.ts';

const columns = [
  { name: 'co"de', isKey: true },
  { name: 'label', isKey: false },
];
const writer = (engine: string, syntax: SqlSyntax, own = columns) =>
  new TableWriter({ schema: 'lis', name: 'items', columns: own }, syntax, WRITE_DIALECTS[engine]!);
const ROW = ['a', 'x'];

test('every database that an adapter can choose has a dialect', () => {
  for (const engine of Object.keys(ENGINES)) assert.ok(WRITE_DIALECTS[engine], engine);
});

test('names are quoted, and values are placeholders in the order of the statement', () => {
  const postgresql = writer('postgresql', POSTGRESQL);
  assert.deepEqual(postgresql.insert([ROW, ['b', null]], ['id']), {
    text: 'INSERT INTO "lis"."items" ("co""de", "label") VALUES ($1, $2), ($3, $4) RETURNING "id"',
    values: ['a', 'x', 'b', null],
  });
  assert.deepEqual(postgresql.update(ROW), { text: 'UPDATE "lis"."items" SET "label" = $1 WHERE "co""de" = $2', values: ['x', 'a'] });
  assert.deepEqual(postgresql.delete(ROW), { text: 'DELETE FROM "lis"."items" WHERE "co""de" = $1', values: ['a'] });
  assert.equal(
    postgresql.upsert(ROW).text,
    'INSERT INTO "lis"."items" ("co""de", "label") VALUES ($1, $2) ON CONFLICT ("co""de") DO UPDATE SET "label" = EXCLUDED."label"',
  );
  assert.equal(
    writer('postgresql', POSTGRESQL, columns.slice(0, 1)).upsert(['a']).text,
    'INSERT INTO "lis"."items" ("co""de") VALUES ($1) ON CONFLICT ("co""de") DO UPDATE SET "co""de" = EXCLUDED."co""de"',
  );
});

test('a row is the same if its text is, character by character', () => {
  const words = (engine: string, syntax: SqlSyntax) => {
    const { text, values } = writer(engine, syntax).selectSame(ROW, 'key');
    return { text: text.replaceAll(/\s+/g, ' '), values };
  };
  assert.deepEqual(words('sqlite', POSTGRESQL), {
    text: 'SELECT 1 AS same FROM "lis"."items" WHERE "co""de" = $1 AND ("co""de" IS $2 COLLATE BINARY)',
    values: ['a', 'a'],
  });
  assert.deepEqual(words('sqlserver', SQLSERVER), {
    text:
      'SELECT 1 AS same FROM [lis].[items] WHERE [co"de] = @kq1 AND (EXISTS (SELECT [co"de] INTERSECT SELECT @kq2) ' +
      'AND ([co"de] IS NULL OR EXISTS (SELECT 1 FROM sys.columns ' +
      `WHERE object_id = OBJECT_ID(N'[lis].[items]') AND QUOTENAME(name) = N'[co"de]' ` +
      'AND (collation_name IS NULL OR CONVERT(nvarchar(max), [co"de]) COLLATE Latin1_General_BIN2 = CONVERT(nvarchar(max), @kq2) ' +
      'AND (system_type_id IN (175, 239) OR DATALENGTH(CONVERT(nvarchar(max), [co"de])) = DATALENGTH(CONVERT(nvarchar(max), @kq2)))))))',
    values: ['a', 'a'],
  });
  const oracle = writer('oracle', ORACLE).selectSame(ROW, 'all');
  assert.match(oracle.text, /AND \(DECODE\("co""de", :kq2, 1, 0\) = 1\) AND \(DECODE\("label", :kq3, 1, 0\) = 1\)$/);
  assert.deepEqual(oracle.values, ['a', 'a', 'x']);
});

test('MySQL and MariaDB', () => {
  const mysql = writer('mysql', MYSQL);
  assert.equal(
    mysql.upsert(ROW).text,
    'INSERT INTO `lis`.`items` (`co"de`, `label`) VALUES (?, ?) ON DUPLICATE KEY UPDATE `label` = VALUES(`label`)',
  );
  assert.equal(mysql.insertUnlessKeyExists(ROW), undefined);
  assert.equal(mysql.select(ROW, ['label']).text, 'SELECT `label` FROM `lis`.`items` WHERE `co"de` = ? FOR UPDATE');
});

test('SQL Server and Oracle', () => {
  const sqlserver = writer('sqlserver', SQLSERVER);
  assert.equal(
    sqlserver.insert([ROW], ['id']).text,
    'INSERT INTO [lis].[items] ([co"de], [label]) OUTPUT INSERTED.[id] VALUES (@kq1, @kq2)',
  );
  assert.equal(
    sqlserver.upsert(ROW).text,
    'MERGE INTO [lis].[items] WITH (HOLDLOCK) AS target USING (SELECT @kq1 AS [co"de], @kq2 AS [label]) AS source ' +
      'ON (target.[co"de] = source.[co"de]) WHEN MATCHED THEN UPDATE SET target.[label] = source.[label] ' +
      'WHEN NOT MATCHED THEN INSERT ([co"de], [label]) VALUES (source.[co"de], source.[label]);',
  );
  const oracle = writer('oracle', ORACLE, [{ name: 'CODE', isKey: true }]);
  assert.equal(
    oracle.upsert(['a']).text,
    'MERGE INTO "lis"."items" target USING (SELECT :kq1 AS "CODE" FROM DUAL) source ON (target."CODE" = source."CODE") ' +
      'WHEN NOT MATCHED THEN INSERT ("CODE") VALUES (source."CODE")',
  );
});
