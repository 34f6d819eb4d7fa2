import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppError } from '../../../../engine/contract/values/errors.ts';
import { compileStatement } from '../../../../nodes/database/sql/compile-statement.ts';
import { MYSQL, ORACLE, POSTGRESQL, quoteName, SQLITE, SQLSERVER } from '../../../../nodes/database/sql/syntax.ts';

const compile = (sql: string) => compileStatement(sql, POSTGRESQL);
const problemOf = (sql: string) => {
  try {
    compile(sql);
    return undefined;
  } catch (error) {
    return (error as AppError).values['problem'];
  }
};

test('a parameter becomes a placeholder, the same name the same one', () => {
  assert.deepEqual(compile('SELECT * FROM t WHERE a=:a AND (b = :b OR :a IS NULL)'), {
    text: 'SELECT * FROM t WHERE a=$1 AND (b = $2 OR $1 IS NULL)',
    names: ['a', 'b'],
  });
});

test('strings, names, comments, casts and slices are left alone', () => {
  for (const sql of [
    "SELECT ':a', 'it''s :a', '\\'",
    "SELECT E'it\\'s :a'",
    'SELECT "a:b ""c :d"',
    'SELECT 1 -- :a',
    'SELECT 1 /* :a /* :b */ :c */',
    'SELECT $$ :a $$, $x$ :a $$ :b $x$',
    "SELECT '1'::text, a[1:n], x := 1",
    'SELECT "时间:值"',
  ])
    assert.deepEqual(compile(sql), { text: sql, names: [] });
  assert.deepEqual(compile("SELECT :a::text, E'\\\\', :b -- :c\n, :d"), {
    text: "SELECT $1::text, E'\\\\', $2 -- :c\n, $3",
    names: ['a', 'b', 'd'],
  });
});

test('MySQL has backslashes in strings, its own quotes and comments, and a placeholder for each use', () => {
  assert.deepEqual(compileStatement('SELECT :a, `x:y`, "it\\" :b", \'\\\' :c\' # :d\n, :e, :a /* /* :f */', MYSQL), {
    text: 'SELECT ?, `x:y`, "it\\" :b", \'\\\' :c\' # :d\n, ?, ? /* /* :f */',
    names: ['a', 'e', 'a'],
  });
});

test('there is exactly one statement', () => {
  assert.equal(compile('SELECT 1 ; -- done\n /* really */ ; ').text, 'SELECT 1');
  assert.equal(problemOf('SELECT 1; DELETE FROM t'), 'several');
  assert.equal(problemOf('SELECT 1; :a'), 'several');
  assert.equal(problemOf("SELECT 1; 'x'"), 'several');
  assert.equal(problemOf(' ; '), 'empty');
});

test('what does not end is refused', () => {
  assert.equal(problemOf("SELECT 'a"), 'string');
  assert.equal(problemOf('SELECT $x$ a $$'), 'string');
  assert.equal(problemOf("SELECT E'\\'"), 'string');
  assert.equal(problemOf('SELECT "a'), 'name');
  assert.equal(problemOf('SELECT /* /* */'), 'comment');
});

test('a long statement takes linear time', () => {
  for (const part of ["''", '""', ':a,', '$a$$a$', '/**/', ' $a', "e'\\''"]) assert.ok(compile(`SELECT ${part.repeat(200_000)} 1`));
});

test('a name may contain its quote', () => {
  assert.equal(quoteName('a"b', POSTGRESQL), '"a""b"');
  assert.deepEqual(compileStatement('SELECT [a:b], `c:d`, :x, :y, :x', SQLITE), {
    text: 'SELECT [a:b], `c:d`, ?1, ?2, ?1',
    names: ['x', 'y'],
  });
  assert.equal(quoteName('a`b', MYSQL), '`a``b`');
});

test('SQL Server and Oracle have their own placeholders, names and strings', () => {
  assert.deepEqual(compileStatement("SELECT [a:b], @x, ':c' FROM t WHERE n = :n /* :d /* :e */ :f */ AND m = :n", SQLSERVER), {
    text: "SELECT [a:b], @x, ':c' FROM t WHERE n = @kq1 /* :d /* :e */ :f */ AND m = @kq1",
    names: ['n'],
  });
  assert.deepEqual(compileStatement(`SELECT q'[it's :a]', nq'!:b!', Q'(:c)' || 'q', "d:e" FROM dual WHERE n = :n`, ORACLE), {
    text: `SELECT q'[it's :a]', nq'!:b!', Q'(:c)' || 'q', "d:e" FROM dual WHERE n = :kq1`,
    names: ['n'],
  });
});
