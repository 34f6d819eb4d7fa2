import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AppError, type ErrorKind } from '../../../engine/contract/values/errors.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';
import { resolveAdapter, runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import databaseQuery from '../../../nodes/database/query.node.ts';
import databaseWrite from '../../../nodes/database/write.node.ts';
import { startFaultProxy, type FaultProxy } from '../../servers/fault-proxy.ts';
import { showsContract } from '../shows-contract.ts';
import { startBlindRelay } from './blind-relay.ts';
import { ENGINES_HERE, PASSWORD, type TestDatabase } from './servers.ts';

showsContract(import.meta.url, {
  happy: 'a row is inserted, updated by key, inserted or updated, and deleted',
  slow: 'a statement beyond the time limit changes nothing',
  'half-open': 'a commit that nobody answers has an unknown outcome',
  refusal: 'one wrong row of many, and none is written',
  duplicate: 'the ledger lets a step write once, and repeats its result',
  cancel: 'a cancel ends the statement, and nothing is written',
  '10 MB': 'a value of 10 MB, and bytes as Base64 text, are written',
});

interface Options extends Omit<RunNodeOptions, 'adapter'> {
  readonly settings?: object;
  readonly limits?: object;
  readonly adapterId?: string;
}

const failsWith =
  (code: string, kind: ErrorKind, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof AppError, String(error));
    assert.deepEqual([error.code, error.kind], [code, kind], error.message);
    assert.match(error.message, message);
    return true;
  };
const column = (name: string, value: object, isKey = false, isBase64 = false) => ({ name, value, isKey, isBase64 });
const code = column('code', { path: 'data.code' }, true);
const label = column('label', { path: 'data.label' });

for (const engine of ENGINES_HERE) {
  const { types } = engine;
  describe(`database.write into ${engine.name}`, { skip: engine.skip ?? false }, () => {
    let database: TestDatabase;
    let proxy: FaultProxy;
    before(async () => {
      database = await engine.start();
      proxy = await startFaultProxy({ targetPort: database.port });
      for (const sql of [
        `CREATE TABLE items (code ${types.key} PRIMARY KEY, label ${types.text}, photo ${types.bytes})`,
        `CREATE TABLE numbered (id ${types.generated} PRIMARY KEY, label ${types.text} NOT NULL)`,
        'CREATE TABLE slow (n integer)',
        'INSERT INTO slow VALUES (1)',
        engine.ledger,
      ])
        await write({ sql });
    });
    after(async () => {
      await proxy?.stop();
      await database?.stop();
    });

    async function run(node: typeof databaseWrite | typeof databaseQuery, config: object, options: Options) {
      const { settings, limits, adapterId = `adp_${engine.name}`, ...rest } = options;
      const outcome = await runNode(node, {
        config: config as Record<string, unknown>,
        adapter: { adapterId, settings: { ...database.settings, ...settings }, limits: { timeoutMs: 5000, ...limits } },
        secrets: { '': PASSWORD },
        ...rest,
      });
      assert.ok('emit' in outcome);
      return outcome.emit!['ok']![0]!.data;
    }
    const write = (config: object, options: Options = {}) => run(databaseWrite, config, options);
    const query = (sql: string, result = 'rows') => run(databaseQuery, { sql, result }, {});
    const count = async (table: string) => Number(await query(`SELECT COUNT(*) FROM ${table}`, 'value'));
    const clear = (table: string) => write({ sql: `DELETE FROM ${table}` });
    const viaProxy = (): Options => ({
      settings: { port: proxy.port, connections: 1, idleCloseMs: 100 },
      adapterId: `adp_proxy_${engine.name}`,
    });

    test('a row is inserted, updated by key, inserted or updated, and deleted', async () => {
      const items = (mode: string, data: object, columns = [code, label]) => write({ table: 'items', mode, columns }, { data });
      assert.deepEqual(await items('insert', { code: 'a', label: "张三'; DROP TABLE items" }), { affected: 1 });
      assert.deepEqual(await items('update', { code: 'a', label: '李四' }), { affected: 1 });
      assert.deepEqual(await items('update', { code: 'x', label: '李四' }), { affected: 0 });
      assert.deepEqual(await items('upsert', { code: 'a', label: null }), { affected: 1 });
      assert.deepEqual(await items('upsert', { code: 'b', label: '王五' }), { affected: 1 });
      assert.deepEqual(await items('upsert', { code: 'b' }, [code]), { affected: 1 });
      assert.deepEqual(await query('SELECT code, label FROM items ORDER BY code'), [
        { code: 'a', label: null },
        { code: 'b', label: '王五' },
      ]);
      assert.deepEqual(await items('delete', { code: 'a' }, [code]), { affected: 1 });
      assert.deepEqual(await items('delete', { code: 'a' }, [code]), { affected: 0 });
      const sql = 'UPDATE items SET label = :label WHERE code = :code';
      const parameters = [
        { name: 'label', value: { value: '赵六' } },
        { name: 'code', value: { path: 'data' } },
      ];
      assert.deepEqual(await write({ sql, parameters }, { data: 'b' }), { affected: 1 });
      assert.equal(await query('SELECT label FROM items', 'value'), '赵六');
      await clear('items');
    });

    test('many rows are written in one transaction', async () => {
      const data = { ward: 'A', list: Array.from({ length: 1234 }, (_, n) => ({ code: `c${n}`, label: `第 ${n} 项` })) };
      const columns = [column('code', { path: 'item.code' }, true), column('label', { expression: 'data.ward & index & item.label' })];
      const rows = { path: 'data.list' };
      assert.deepEqual(await write({ table: 'items', columns, rows }, { data }), { affected: 1234 });
      assert.equal(await query("SELECT label FROM items WHERE code = 'c1233'", 'value'), 'A1233第 1233 项');
      const sql = 'DELETE FROM items WHERE code = :code';
      const parameters = [{ name: 'code', value: { path: 'item.code' } }];
      assert.deepEqual(await write({ sql, parameters, rows }, { data: { list: data.list.slice(0, 34) } }), { affected: 34 });
      assert.equal(await count('items'), 1200);
      assert.deepEqual(await write({ table: 'items', columns, rows }, { data: { list: [] } }), { affected: 0 });
      await assert.rejects(write({ table: 'items', columns, rows }, { data: {} }), failsWith('DATABASE_ROWS', 'input'));
      await assert.rejects(write({ table: 'items', columns, rows, maxRows: 10 }, { data }), failsWith('DATABASE_ROWS', 'input', /1234/));
      await clear('items');
    });

    test('one wrong row of many, and none is written', async () => {
      const rows = { path: 'data' };
      const columns = [column('code', { path: 'item' }, true)];
      const data = [...Array.from({ length: 700 }, (_, n) => `c${n}`), 'c5'];
      await assert.rejects(write({ table: 'items', columns, rows }, { data }), failsWith('DATABASE_CONSTRAINT', 'input'));
      await assert.rejects(write({ table: 'no"such`table', columns, rows }, { data }), failsWith('DATABASE_STATEMENT_REFUSED', 'input'));
      const keyed = { table: 'items', mode: 'upsert', columns, rows };
      await assert.rejects(write(keyed, { data: ['a', null] }), failsWith('DATABASE_PARAMETER', 'input', /code has no value/));
      assert.equal(await count('items'), 0);
    });

    test('generated keys are returned', async () => {
      const insert = { table: 'numbered', columns: [column('label', { path: 'item' })], rows: { path: 'data' }, returning: ['id'] };
      assert.deepEqual(await write(insert, { data: ['甲', '乙'] }), { affected: 2, rows: [{ id: 1 }, { id: 2 }] });
      const columns = [code, label];
      assert.deepEqual(
        await write({ table: 'items', mode: 'upsert', columns, returning: ['label'] }, { data: { code: 'a', label: 'x' } }),
        {
          affected: 1,
          rows: [{ label: 'x' }],
        },
      );
      await clear('items');
    });

    test('a value of 10 MB, and bytes as Base64 text, are written', async () => {
      const columns = [code, label, column('photo', { path: 'data.photo' }, false, true)];
      const data = { code: 'big', label: '病历摘要'.repeat(833_334), photo: 'AP8n' };
      assert.deepEqual(await write({ table: 'items', columns, idempotency: 'key' }, { data }), { affected: 1 });
      assert.deepEqual(await write({ table: 'items', columns, idempotency: 'key' }, { data }), { affected: 1 });
      assert.deepEqual(await query('SELECT photo, CHAR_LENGTH(label) AS length FROM items'), [{ photo: 'AP8n', length: 3_333_336 }]);
      await assert.rejects(write({ table: 'items', columns }, { data: { ...data, photo: '?' } }), failsWith('DATABASE_PARAMETER', 'input'));
      await clear('items');
    });

    test('an insert that is idempotent by key accepts an equal row, and refuses a different one', async () => {
      const config = { table: 'items', columns: [code, label], idempotency: 'key', returning: ['label'] };
      const result = { affected: 1, rows: [{ label: null }] };
      assert.deepEqual(await write(config, { data: { code: 'k' } }), result);
      assert.deepEqual(await write(config, { data: { code: 'k' } }), result);
      await assert.rejects(write(config, { data: { code: 'k', label: '别的' } }), (error: AppError) => {
        assert.deepEqual([error.code, error.kind], ['DATABASE_ROW_DIFFERS', 'input']);
        return !/别的/.test(JSON.stringify([error.message, error.values]));
      });
      assert.equal(await count('items'), 1);
      await clear('items');
    });

    test('the ledger lets a step write once, and repeats its result', async () => {
      const config = { table: 'numbered', columns: [column('label', { path: 'data.label' })], returning: ['id'], idempotency: 'ledger' };
      const before = await count('numbered');
      const first = await write(config, { data: { label: 'x' }, idempotencyKey: 'step-1' });
      assert.deepEqual(await write(config, { data: { label: 'x' }, idempotencyKey: 'step-1' }), first);
      const both = await Promise.all([1, 2].map(() => write(config, { data: { label: 'y' }, idempotencyKey: 'step-2' })));
      assert.deepEqual(both[0], both[1]);
      assert.equal(await count('numbered'), before + 2);
      await assert.rejects(write(config, { data: {}, idempotencyKey: 'step-3' }), failsWith('DATABASE_CONSTRAINT', 'input'));
      assert.equal(await count('kq_ledger'), 2);
      const elsewhere = { ...config, ledgerTable: 'kq_missing' };
      await assert.rejects(write(elsewhere, { data: { label: 'z' } }), failsWith('DATABASE_STATEMENT_REFUSED', 'input', /kq_missing/));
      assert.equal(await count('numbered'), before + 2);
    });

    test('a connection that is lost at the commit has an unknown outcome, and a worker that has lost the execution commits nothing', async () => {
      const config = { table: 'items', columns: [code, label] };
      let calls = 0;
      // The second call comes right before the commit.
      const options = { ...viaProxy(), data: { code: 'lost' }, beforeFirstByte: () => void ((calls += 1) === 2 && proxy.cut()) };
      await assert.rejects(write(config, options), failsWith('DATABASE_COMMIT_UNKNOWN', 'unknown-outcome'));
      assert.equal(calls, 2);
      const isOver = () => {
        throw new AppError('NOT_OWNED', 'transient', 'another worker has it');
      };
      await assert.rejects(write(config, { data: { code: 'lost' }, beforeFirstByte: isOver }), failsWith('NOT_OWNED', 'transient'));
      assert.equal(await count('items'), 0);
    });

    test('a commit that nobody answers has an unknown outcome', async () => {
      const config = { table: 'items', columns: [code, label], idempotency: 'ledger' };
      let calls = 0;
      const silentAtCommit = { beforeFirstByte: () => void ((calls += 1) === 2 && proxy.swallow()) };
      const options: Options = { ...viaProxy(), data: { code: 'open' }, idempotencyKey: 'half-open' };
      await assert.rejects(
        write(config, { ...options, ...silentAtCommit, limits: { timeoutMs: 1000 } }),
        failsWith('DATABASE_COMMIT_UNKNOWN', 'unknown-outcome'),
      );
      proxy.heal();
      assert.deepEqual(await write(config, options), { affected: 1 });
      assert.deepEqual(await write(config, options), { affected: 1 });
      assert.equal(await count('items'), 1);
      await clear('items');
    });

    test('a statement beyond the time limit changes nothing', async () => {
      const limits = { timeoutMs: 500 };
      await assert.rejects(
        write({ sql: engine.sleep }, { limits, adapterId: `adp_slow_${engine.name}` }),
        failsWith('DATABASE_TIMEOUT', 'transient'),
      );
      assert.equal(await query('SELECT n FROM slow', 'value'), 1);
    });

    test('a cancel ends the statement, and nothing is written', { timeout: 30_000 }, async (t) => {
      // The server does not see that the connection has gone.
      const { port, stop: stopRelay } = await startBlindRelay(database.port);
      t.after(stopRelay);
      const stop = new AbortController();
      const rejected = assert.rejects(
        write(
          { sql: engine.sleep },
          { signal: stop.signal, settings: { port }, limits: { timeoutMs: 200_000 }, adapterId: `adp_cancel_${engine.name}` },
        ),
        failsWith('DATABASE_NO_ANSWER', 'transient', /stopped/),
      );
      const until = async (wanted: number) => {
        while (Number(await query(engine.sleeping, 'value')) !== wanted) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      await until(1);
      stop.abort();
      await rejected;
      await until(0);
      assert.equal(await query('SELECT n FROM slow', 'value'), 1);
    });

    test('idempotency by key demands a unique key on exactly the key columns', async () => {
      await write({ sql: `CREATE TABLE loose (code ${types.key} NOT NULL, ward ${types.key} NOT NULL, label ${types.text})` });
      const columns = [code, column('ward', { value: 'A' }, true), label];
      const data = { code: 'a', label: 'x' };
      const modes = [
        { mode: 'insert', idempotency: 'key' },
        { mode: 'upsert', idempotency: 'none' },
      ];
      for (const mode of modes)
        await assert.rejects(write({ table: 'loose', columns, ...mode }, { data }), failsWith('DATABASE_KEY_NOT_UNIQUE', 'input'));
      await write({ sql: 'CREATE UNIQUE INDEX loose_code ON loose (code)' });
      for (const mode of modes)
        await assert.rejects(write({ table: 'loose', columns, ...mode }, { data }), failsWith('DATABASE_KEY_NOT_UNIQUE', 'input'));
      await write({ sql: 'CREATE UNIQUE INDEX loose_both ON loose (ward, code)' });
      for (const mode of modes) assert.deepEqual(await write({ table: 'loose', columns, ...mode }, { data }), { affected: 1 });
      assert.equal(await count('loose'), 1);
      const missing = write({ table: 'nowhere', columns, mode: 'upsert' }, { data });
      await assert.rejects(missing, failsWith('DATABASE_STATEMENT_REFUSED', 'input', /nowhere/));
    });

    test('old rows of the ledger are deleted, and an old message does not write by itself', async () => {
      await write({ sql: engine.ledger.replace('kq_ledger', 'kq_old') });
      for (const days of [89, 91, 93, 95]) {
        const ago = engine.name === 'MariaDB' ? `INTERVAL ${days} DAY` : `INTERVAL '${days} days'`;
        await write({ sql: `INSERT INTO kq_old (step_key, result, written_at) VALUES ('step-${days}', '{}', CURRENT_TIMESTAMP - ${ago})` });
      }
      const config = {
        table: 'numbered',
        columns: [column('label', { path: 'data.label' })],
        idempotency: 'ledger',
        ledgerTable: 'kq_old',
      };
      await write(config, { data: { label: 'x' }, idempotencyKey: 'new' });
      assert.deepEqual(
        ((await query('SELECT step_key FROM kq_old ORDER BY step_key')) as { readonly step_key: string }[]).map(({ step_key }) => step_key),
        ['new', 'step-89', 'step-91'],
      );
      const before = await count('numbered');
      const day = 86_400_000;
      let readings = 0;
      // The message was accepted 91 days ago.
      const clock = { ...wallClock(), now: () => Date.now() - ((readings += 1) === 1 ? 91 * day : 0) };
      await assert.rejects(
        write(config, { data: { label: 'x' }, idempotencyKey: 'old', clock }),
        failsWith('DATABASE_LEDGER_OLD', 'input', /90 days/),
      );
      assert.equal(await count('numbered'), before);
    });

    test('the tables are offered with their columns', async () => {
      const adapter = resolveAdapter('database', { adapterId: `adp_${engine.name}`, settings: database.settings });
      const { signal } = new AbortController();
      const ctx = { adapter, outbound: anywhere, files: anyFile, signal, clock: wallClock(), secret: async () => PASSWORD };
      const offers = await databaseWrite.offers!(ctx);
      const offer = offers.find(({ config }) => config['table'] === 'items')!;
      assert.deepEqual(offer.config['columns'], [
        column('code', { path: 'data.code' }, true),
        column('label', { path: 'data.label' }),
        column('photo', { path: 'data.photo' }, false, true),
      ]);
      assert.deepEqual(offer.takes['required'], ['code']);
      await write({ mode: 'upsert', ...offer.config }, { data: { code: 'o', label: 'offered', photo: null } });
      assert.equal(await count('items'), 1);
      await clear('items');
    });
  });
}

test('a configuration names its mistakes', async () => {
  const refused = (config: object, problem: RegExp) =>
    assert.rejects(
      runNode(databaseWrite, { config: config as Record<string, unknown>, adapter: { settings: {} } }),
      (error: AppError) => error.code === 'NODE_CONFIG_WRONG' && problem.test(error.message),
    );
  await refused({}, /\/table fill in either/);
  await refused({ table: 't', sql: 'DELETE FROM t' }, /\/sql fill in either/);
  await refused({ table: 't' }, /\/columns has no column/);
  await refused({ table: 't', columns: [label], mode: 'update' }, /\/columns has no key column/);
  await refused({ table: 't', columns: [label], idempotency: 'key' }, /\/columns has no key column/);
  await refused({ table: 't', columns: [code], mode: 'update' }, /besides the key/);
  await refused({ table: 't', columns: [code, label], mode: 'delete' }, /by key columns only/);
  await refused({ table: 't', columns: [code, code] }, /\/columns\/1\/name is there twice/);
  await refused({ sql: 'DELETE FROM t', idempotency: 'key' }, /\/idempotency .*ledger/);
  await refused({ sql: 'COMMIT' }, /\/sql must not control the transaction/);
  await refused({ sql: 'DELETE FROM t WHERE a = :a' }, /\/sql :a has no value/);
});
