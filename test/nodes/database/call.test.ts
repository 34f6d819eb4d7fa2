import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AppError, type ErrorKind } from '../../../engine/contract/values/errors.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';
import { resolveAdapter, runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import databaseCall from '../../../nodes/database/call.node.ts';
import databaseQuery from '../../../nodes/database/query.node.ts';
import { startFaultProxy, type FaultProxy } from '../../servers/fault-proxy.ts';
import { showsContract } from '../shows-contract.ts';
import { ENGINES_HERE, PASSWORD, runDirectly, type TestDatabase } from './servers.ts';

showsContract(import.meta.url, {
  happy: 'a procedure gets and returns parameters',
  slow: 'a call beyond the time limit has an unknown outcome, unless it only reads',
  'half-open': 'a database that stops answering leaves the outcome unknown',
  refusal: 'what the database refuses is an input error, and nothing is changed',
  duplicate: 'a second run with the same key calls again',
  cancel: 'a cancel ends the call',
  '10 MB': 'a function returns its result, also of 10 MB',
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
const input = (name: string, value: unknown) => ({ name, direction: 'in', value: { value } });
const register = {
  name: 'register',
  parameters: [
    { name: 'code', direction: 'in', value: { path: 'data' } },
    { name: 'count', direction: 'inout', value: { value: 41 } },
    { name: 'note', direction: 'out' },
  ],
};

for (const engine of ENGINES_HERE) {
  describe(`database.call of ${engine.name}`, { skip: engine.skip ?? false }, () => {
    let database: TestDatabase;
    let proxy: FaultProxy;
    before(async () => {
      database = await engine.start();
      proxy = await startFaultProxy({ targetPort: database.port });
      await runDirectly(database, [`CREATE TABLE visits (code ${engine.types.key} PRIMARY KEY)`, ...engine.procedures]);
    });
    after(async () => {
      await proxy?.stop();
      await database?.stop();
    });

    async function run(node: typeof databaseCall | typeof databaseQuery, config: object, options: Options = {}) {
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
    const call = (config: object, options: Options = {}) => run(databaseCall, config, options);
    const visits = () => run(databaseQuery, { sql: 'SELECT COUNT(*) FROM visits', result: 'value' });
    const brief = (name: string): Options => ({ limits: { timeoutMs: 500 }, adapterId: `adp_${name}_${engine.name}` });

    test('a procedure gets and returns parameters', async () => {
      const result = { results: [], out: { count: 42, note: '已登记 张三' } };
      assert.deepEqual(await call(register, { data: '张三' }), result);
      assert.equal(await visits(), 1);
    });

    test('a second run with the same key calls again', async () => {
      const before = Number(await visits());
      const options = { idempotencyKey: 'same' };
      await call(register, { data: 'd1', ...options });
      await call(register, { data: 'd2', ...options });
      assert.equal(await visits(), before + 2);
    });

    test('a function returns its result, also of 10 MB', async () => {
      const twice = { name: 'twice', kind: 'function', effect: 'read', maxRowBytes: 20_000_000 };
      const rows = (result: unknown) => Object.values((result as { results: Record<string, unknown>[][] }).results[0]![0]!);
      const limits = { maxResponseBytes: 20_000_000 };
      assert.deepEqual(rows(await call({ ...twice, parameters: [input('t', '甲')] }, { limits })), ['甲甲']);
      const text = 'x'.repeat(5_000_000);
      assert.ok(rows(await call({ ...twice, parameters: [input('t', text)] }, { limits }))[0] === text + text);
    });

    test('what the database refuses is an input error, and nothing is changed', async () => {
      const before = await visits();
      await call(register, { data: 'twice' });
      await assert.rejects(call(register, { data: 'twice' }), failsWith('DATABASE_CONSTRAINT', 'input'));
      await assert.rejects(call({ name: 'no"such`one' }), failsWith('DATABASE_STATEMENT_REFUSED', 'input'));
      await assert.rejects(
        call({ ...register, effect: 'read' }, { data: 'x' }),
        failsWith('DATABASE_STATEMENT_REFUSED', 'input', /only reads/),
      );
      assert.equal(await visits(), Number(before) + 1);
    });

    test('a call beyond the time limit has an unknown outcome, unless it only reads', async () => {
      await assert.rejects(call({ name: 'pause' }, brief('slow')), failsWith('DATABASE_CALL_UNKNOWN', 'unknown-outcome'));
      await assert.rejects(call({ name: 'pause', effect: 'read' }, brief('slow')), failsWith('DATABASE_TIMEOUT', 'transient'));
    });

    test('a database that stops answering leaves the outcome unknown', async () => {
      const options: Options = {
        ...brief('silent'),
        settings: { port: proxy.port },
        data: 'silent',
        beforeFirstByte: () => proxy.swallow(),
      };
      await assert.rejects(call(register, options), failsWith('DATABASE_CALL_UNKNOWN', 'unknown-outcome'));
      proxy.heal();
    });

    test('a cancel ends the call', async () => {
      const stop = new AbortController();
      const options: Options = { signal: stop.signal, limits: { timeoutMs: 20_000 }, adapterId: `adp_cancel_${engine.name}` };
      const rejected = assert.rejects(call({ name: 'pause' }, options), failsWith('DATABASE_CALL_UNKNOWN', 'unknown-outcome'));
      setTimeout(() => stop.abort(), 300);
      await rejected;
    });

    test('procedures and functions are offered with their parameters', async () => {
      const adapter = resolveAdapter('database', { adapterId: `adp_${engine.name}`, settings: database.settings });
      const { signal } = new AbortController();
      const offers = await databaseCall.offers!({
        adapter,
        outbound: anywhere,
        files: anyFile,
        signal,
        clock: wallClock(),
        secret: async () => PASSWORD,
      });
      const offered = (name: string) => offers.find(({ config }) => config['name'] === name)!;
      assert.deepEqual(offered('register').config['parameters'], [
        { name: 'c', direction: 'in', value: { path: 'data.c' } },
        { name: 'n', direction: 'inout', value: { path: 'data.n' } },
        { name: 'note', direction: 'out' },
      ]);
      assert.equal(offered('twice').config['kind'], 'function');
      const called = (await call(offered('register').config, { data: { c: 'offered', n: 1 } })) as { out: unknown };
      assert.deepEqual(called.out, { n: 2, note: '已登记 offered' });
      const twice = (await call(offered('twice').config, { data: { t: '乙' } })) as { results: unknown[] };
      assert.equal(twice.results.length, 1);
    });

    // A call of PostgreSQL has one result.
    const ofSeveral = engine.name === 'MariaDB' ? test : () => undefined;
    void ofSeveral('several results, and limits of their rows', async () => {
      const report = { name: 'report', parameters: [input('last', 7)] };
      const { results } = (await call(report)) as { results: unknown[][] };
      assert.deepEqual(results[0], [{ n: 7 }]);
      assert.equal(results[1]!.length, await visits());
      assert.deepEqual([results.length, results[2]], [3, []]);
      await assert.rejects(call({ ...report, maxRows: 2 }), failsWith('DATABASE_TOO_MANY_ROWS', 'input'));
      await assert.rejects(run(databaseQuery, { sql: 'CALL report(1)' }), failsWith('DATABASE_SEVERAL_RESULTS', 'input'));
      assert.equal(typeof (await visits()), 'number');
    });
  });
}

test('a configuration names its mistakes', async () => {
  const refused = (config: object, problem: RegExp) =>
    assert.rejects(
      runNode(databaseCall, { config: { name: 'p', ...config }, adapter: { settings: {} } }),
      (error: AppError) => error.code === 'NODE_CONFIG_WRONG' && problem.test(error.message),
    );
  await refused({ parameters: [input('a', 1), input('a', 1)] }, /\/parameters\/1\/name is there twice/);
  await refused({ parameters: [{ ...input('a', 1), direction: 'out' }] }, /\/parameters\/0\/value must be absent/);
  await refused({ kind: 'function', parameters: [{ name: 'a', direction: 'out' }] }, /\/parameters\/0\/direction must be in/);
});
