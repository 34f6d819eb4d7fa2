/** What adapters of all databases have in common. */
import assert from 'node:assert/strict';
import { anyFile, anywhere } from '../../../../engine/testing/anywhere.ts';
import { runNode } from '../../../../engine/testing/run-node.ts';
import database from '../../../../nodes/database/database.adapter.ts';
import databasePoll from '../../../../nodes/database/poll.node.ts';
import { probeDatabase } from '../../../../nodes/database/probe.ts';
import databaseQuery from '../../../../nodes/database/query.node.ts';
import databaseWrite from '../../../../nodes/database/write.node.ts';
import { LARGE_BYTES, largeBlobs } from '../large-blobs.ts';
import { nodeAct, type OtherSide, type Place, type Subject } from '../subject.ts';

export interface Engine extends Pick<OtherSide, 'tls' | 'kill' | 'restart' | 'stop'> {
  /** 0: it has none. */
  readonly port: number;
  readonly password: string;
  settings(place: Place): Readonly<Record<string, unknown>>;
  /** A statement that returns so many rows of 1000 characters. */
  rows(count: number): string;
}

const ROW_BYTES = 1000;
const PARAMETERS = [{ name: 'marker', value: { path: 'data.marker' } }];

export function databaseSubject(about: Pick<Subject, 'name' | 'skip' | 'without'>, start: () => Promise<Engine>): Subject {
  return {
    adapter: database,
    ...about,
    async start() {
      const engine = await start();
      const other = otherSide(engine);
      await change(engine, 'CREATE TABLE kit_sent (marker varchar(60) PRIMARY KEY)');
      return other;
    },
  };
}

function otherSide(engine: Engine): OtherSide {
  const { port, password, tls, kill, restart, stop } = engine;
  const insert = { sql: 'INSERT INTO kit_sent VALUES (:marker)', parameters: PARAMETERS };
  const select = { sql: 'SELECT marker FROM kit_sent WHERE marker = :marker', parameters: PARAMETERS };
  const countOf = async (marker: string) =>
    ((await read(engine, `SELECT marker FROM kit_sent WHERE marker = '${marker}'`)) as unknown[]).length;
  return {
    ...{ port, credential: password, wrongCredential: 'kit-wrong-1', probe: probeDatabase, kill, restart, stop },
    ...(tls === undefined ? {} : { tls }),
    settings: (place) => engine.settings(place),
    acts: [nodeAct(databaseWrite, insert, (marker) => ({ marker }), countOf), nodeAct(databaseQuery, select, (marker) => ({ marker }))],
    trigger: {
      node: databasePoll,
      config: (table) => ({
        sql: `SELECT marker FROM ${table} WHERE status = 'NEW' ORDER BY marker`,
        everySec: 1,
        byStatus: {
          keyColumns: ['marker'],
          claim: `UPDATE ${table} SET status = 'TAKEN' WHERE marker = :marker AND status = 'NEW'`,
          release: `UPDATE ${table} SET status = 'NEW' WHERE status = 'TAKEN'`,
          done: `UPDATE ${table} SET status = 'DONE' WHERE marker = :marker`,
          failed: `UPDATE ${table} SET status = 'FAILED', reason = :error WHERE marker = :marker`,
        },
      }),
      create: (table) => change(engine, `CREATE TABLE ${table} (marker varchar(60) PRIMARY KEY, status varchar(10), reason varchar(60))`),
      deliver: (table, marker) => change(engine, `INSERT INTO ${table} (marker, status) VALUES ('${marker}', 'NEW')`),
      setAside: async (table) => JSON.stringify(await read(engine, `SELECT marker, reason FROM ${table} WHERE status = 'FAILED'`)),
    },
    large: {
      async carry(options) {
        const blobs = largeBlobs();
        const count = Math.ceil(LARGE_BYTES / ROW_BYTES);
        const config = { sql: engine.rows(count), result: 'blob', maxRows: count };
        await runNode(databaseQuery, { ...options, config, blobs, outbound: anywhere, files: anyFile });
        assert.ok(blobs.written() >= LARGE_BYTES);
      },
    },
  };
}

/** Past the proxy. */
function optionsOf(engine: Engine) {
  const settings = { ...engine.settings({ host: '127.0.0.1', port: engine.port }), idleCloseMs: 100 };
  return { adapter: { adapterId: 'adp_kit', settings, limits: { timeoutMs: 20_000 } }, secrets: { '': engine.password } };
}

async function change(engine: Engine, sql: string): Promise<void> {
  await runNode(databaseWrite, { config: { sql }, ...optionsOf(engine) });
}

async function read(engine: Engine, sql: string): Promise<unknown> {
  const outcome = await runNode(databaseQuery, { config: { sql }, ...optionsOf(engine) });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data;
}
