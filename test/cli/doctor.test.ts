/** The doctor on planted faults: each is named, with what to do, in both languages. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { checkInside } from '../../cli/doctor/check-inside.ts';
import { checkCertificate, checkPorts } from '../../cli/doctor/check-machine.ts';
import { checkShared, checkStore } from '../../cli/doctor/check-stores.ts';
import type { Finding } from '../../cli/doctor/finding.ts';
import { storageSettings } from '../../cli/roots/open-host.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { loadDevCertificates } from '../../engine/host/dev-certificates.ts';
import { readSettings } from '../../engine/host/settings.ts';
import { wallClock } from '../../engine/testing/wall-clock.ts';
import { openStorage } from '../../storage/open-storage.ts';
import { visitsSpec } from '../conformance/documents.ts';
import { oldRedis, prepareOldServers, unpackOldPostgres } from '../servers/old-servers.ts';
import { preparePostgres, startPostgres, type PostgresServer } from '../servers/postgres.ts';
import { prepareRedis, startRedis, type RedisServer } from '../servers/redis.ts';
import type { ForwardNode } from '../../gateways/settings.ts';
import { buildInterface, buildPlan } from '../gateways/support/city-plan.ts';
import { makeCertificate, startGateway, type TestGateway } from '../gateways/support/start-gateway.ts';
import { freePort } from '../servers/free-port.ts';
import { runCommand } from '../support/platform-process.ts';

const root = await mkdtemp(join(tmpdir(), 'kq-doctor-'));
after(() => rm(root, { recursive: true }));
const clock = wallClock();

type Names = Readonly<Record<string, string>>;

function look(check: typeof checkStore, environment: Names, at: Clock = clock): Promise<readonly Finding[]> {
  const settings = readSettings({ KQ_DATA_FOLDER: join(root, 'data'), ...environment });
  return check({ settings, storage: storageSettings(settings), clock: at, isRunning: false });
}

/** Exactly one is wrong; it says what in both languages, and what to do. */
function assertNamed(findings: readonly Finding[], what: RegExp, remedy: RegExp): void {
  const wrong = findings.filter(({ state }) => state === 'wrong');
  assert.equal(wrong.length, 1, JSON.stringify(findings, null, 1));
  assert.match(wrong[0]!.what.en, what);
  assert.match(wrong[0]!.remedy!.en, remedy);
  assert.match(wrong[0]!.what['zh-CN'], /\p{Script=Han}/u);
  assert.match(wrong[0]!.remedy!['zh-CN'], /\p{Script=Han}/u);
}

function assertGood(findings: readonly Finding[]): void {
  assert.deepEqual(
    findings.filter(({ state }) => state === 'wrong'),
    [],
  );
}

describe('doctor on PostgreSQL', { skip: preparePostgres() ?? prepareRedis() ?? false }, () => {
  let server: PostgresServer;
  let redis: RedisServer;
  let good: Names;
  const query = async (...statements: readonly string[]) => {
    const client = new Client({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres', password: 'right' });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };

  before(async () => {
    [server, redis] = await Promise.all([startPostgres({ password: 'right' }), startRedis()]);
    await writeFile(join(root, 'password'), 'right\n');
    await writeFile(join(root, 'wrong'), 'wrong\n');
    good = {
      KQ_STORE_ADDRESS: server.address,
      KQ_STORE_PASSWORD_FILE: join(root, 'password'),
      KQ_SHARED_ADDRESS: redis.address,
      KQ_KEK_FILE: join(root, 'right.kek'),
    };
    const storage = await openStorage({ ...storageSettings(readSettings(good)), clock, logger: silentLogger });
    await storage.documents.open(visitsSpec('visits'));
    await storage.close();
  });
  after(async () => {
    await server.stop();
    await redis.stop();
  });

  it('finds nothing wrong where nothing is', async () => {
    assertGood(await look(checkStore, good));
    assertGood(await look(checkShared, good));
  });

  it('names a wrong password', async () =>
    assertNamed(await look(checkStore, { ...good, KQ_STORE_PASSWORD_FILE: join(root, 'wrong') }), /STORE_REFUSED/, /password/));

  it('names an address that nobody answers at', async () =>
    assertNamed(await look(checkStore, { ...good, KQ_STORE_ADDRESS: 'postgres://postgres@127.0.0.1:9/postgres' }), /STORE_DOWN/, /./));

  it('names a plain connection that would leave this machine', async () =>
    assertNamed(
      await look(checkStore, { ...good, KQ_STORE_ADDRESS: 'postgres://postgres@db.example/postgres?tls=off' }),
      /STORE_NOT_ENCRYPTED|STORE_ADDRESS/,
      /./,
    ));

  it('names an index that was dropped, and makes it again', async () => {
    await query(`DO $$ DECLARE i record; BEGIN
      FOR i IN SELECT x.indexrelid::regclass AS name FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
        WHERE t.relname = 'visits' AND NOT x.indisprimary LIMIT 1 LOOP EXECUTE 'DROP INDEX ' || i.name; END LOOP; END $$`);
    assertNamed(await look(checkStore, good), /index visits\..* was missing/, /created again/);
    assertGood(await look(checkStore, good));
  });

  it('names a clock that is ten minutes off', async () => {
    const late: Clock = { ...clock, now: () => clock.now() - 600_000 };
    assertNamed(await look(checkStore, good, late), /clocks .* differ by 600 s/, /NTP/);
    assertNamed(await look(checkShared, good, late), /clocks .* differ by 600 s/, /NTP/);
  });

  it('names a user without rights', async () => {
    await query("CREATE ROLE guest LOGIN PASSWORD 'right'");
    const address = server.address.replace('postgres@', 'guest@');
    assertNamed(await look(checkStore, { ...good, KQ_STORE_ADDRESS: address }), /\[STORE_|store: /, /./);
  });

  it('names another key-encryption key', async () => {
    await writeFile(join(root, 'other.kek'), Buffer.alloc(32, 9), { mode: 0o600 });
    assertNamed(await look(checkStore, { ...good, KQ_KEK_FILE: join(root, 'other.kek') }), /SEAL_KEK_WRONG/, /key file/);
    assertNamed(await look(checkStore, { ...good, KQ_KEK_FILE: join(root, 'lost.kek') }), /SEAL_KEK_MISSING/, /./);
  });

  it('names a Redis that evicts, and one that only follows', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    assertNamed(await look(checkShared, good), /maxmemory-policy allkeys-lru/, /noeviction/);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await redis.command('REPLICAOF', '127.0.0.1', '9');
    assertNamed(await look(checkShared, good), /replica/, /REPLICAOF NO ONE/);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    assertGood(await look(checkShared, good));
  });

  it('names a store on a server without a shared state', async () => {
    const { KQ_SHARED_ADDRESS: _none, ...rest } = good;
    assertNamed(await look(checkShared, rest), /needs a shared state/, /KQ_SHARED_ADDRESS/);
  });
});

describe('doctor on servers of old', { skip: preparePostgres() ?? prepareOldServers() ?? false }, () => {
  it('names a PostgreSQL 11, and which one it takes', async () => {
    const { bin, remove } = unpackOldPostgres();
    const server = await startPostgres({ bin });
    const address = { KQ_STORE_ADDRESS: server.address, KQ_SHARED_ADDRESS: 'redis://127.0.0.1:9' };
    await look(checkStore, address)
      .then((findings) => assertNamed(findings, /has version 11\.22, but needs version 12 or newer/, /./))
      .finally(() => server.stop())
      .finally(remove);
  });

  it('names a Redis 2.8, and which one it takes', async () => {
    const server = await startRedis({ program: oldRedis });
    const address = { KQ_STORE_ADDRESS: 'postgres://postgres@127.0.0.1:9/postgres', KQ_SHARED_ADDRESS: server.address };
    await look(checkShared, address)
      .then((findings) => assertNamed(findings, /has version 2\.8\.19, but needs version 6\.2/, /./))
      .finally(() => server.stop());
  });
});

it('names an expired certificate', async () => {
  const folder = join(root, 'tls');
  await mkdir(folder, { recursive: true });
  const { cert, key } = await loadDevCertificates(folder, clock.now());
  await writeFile(join(root, 'c.pem'), cert);
  await writeFile(join(root, 'k.pem'), key);
  const settings = readSettings({ KQ_TLS_CERT_FILE: join(root, 'c.pem'), KQ_TLS_KEY_FILE: join(root, 'k.pem') });
  assertGood(await checkCertificate(settings, clock.now()));
  assertNamed(await checkCertificate(settings, clock.now() + 40 * 365 * 86_400_000), /expired on/, /KQ_TLS_CERT_FILE/);
});

it('names a port that somebody else holds', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const settings = readSettings({ KQ_OPEN_PORT: String(port), KQ_USER_PORT: '0', KQ_BUS_PORT: '0', KQ_CONTROL_PORT: '0' });
  assertNamed(await checkPorts(settings), /EADDRINUSE/, /KQ_OPEN_PORT/);
  other.close();
});

it('names a misspelt setting, in the language asked for, and ends with 1', async () => {
  process.env['KQ_STORE_ADRESS'] = 'embedded:x';
  try {
    const { code, stdout, stderr } = await runCommand(['--data', join(root, 'spelt'), 'doctor', '--lang', 'zh-CN']);
    assert.equal(code, 1);
    assert.match(stdout, /✗ 设置 KQ_STORE_ADRESS：.*不是有效的配置项\n {4}是否应为 KQ_STORE_ADDRESS？/);
    assert.match(stderr, /发现 1 个问题/);
  } finally {
    delete process.env['KQ_STORE_ADRESS'];
  }
});

const isRoot = process.getuid?.() === 0;
it('names a disk that is full', { skip: isRoot ? false : 'mounting a small disk takes root' }, async (t) => {
  const small = join(root, 'small');
  await mkdir(small);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small], { stdio: 'ignore' });
  } catch {
    return t.skip('a small disk cannot be mounted here');
  }
  try {
    const { stdout } = await runCommand(['--data', join(small, 'data'), 'doctor', '--lang', 'en']);
    assert.match(stdout, /✗ the disk of the data folder .* has only \d+ MB left\n {4}Make room/);
  } finally {
    execFileSync('umount', ['-l', small]);
  }
});

describe('doctor in the DMZ', () => {
  const files = {
    KQ_FORWARD_CERT_FILE: join(root, 'dmz.crt'),
    KQ_FORWARD_KEY_FILE: join(root, 'dmz.key'),
    KQ_FORWARD_CA_FILE: join(root, 'inside.crt'),
  };
  let inner: TestGateway;
  const lookInside = (more: Names = {}) =>
    checkInside(
      readSettings({
        KQ_FLOWS: 'forward',
        KQ_DATA_FOLDER: join(root, 'dmz'),
        KQ_FORWARD_TO: `https://localhost:${inner.gateway.port}`,
        ...files,
        ...more,
      }),
    );

  before(async () => {
    const [inside, dmz, strange] = await Promise.all([1, 2, 3].map(makeCertificate));
    const node: ForwardNode = {
      fingerprint: new X509Certificate(dmz!.cert).fingerprint256.replaceAll(':', '').toLowerCase(),
      front: 'open',
      domains: ['city'],
    };
    inner = await startGateway(await buildPlan([], [buildInterface()]), { front: 'bus', settings: { tls: inside!, forwardNodes: [node] } });
    const texts = {
      'dmz.crt': dmz!.cert,
      'dmz.key': dmz!.key,
      'inside.crt': inside!.cert,
      'strange.crt': strange!.cert,
      'strange.key': strange!.key,
    };
    await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(root, name), text)));
  });
  after(() => inner.stop());

  it('finds the gateway inside and what it takes', async () => assertGood(await lookInside()));

  it('names a file of this node that is not there', async () =>
    assertNamed(await lookInside({ KQ_FORWARD_KEY_FILE: join(root, 'lost.key') }), /lost\.key cannot be read/, /Correct the setting/));

  it('names a node that is not known inside, a gateway that cannot be reached, and a key that must not lie here', async () => {
    const strange = { KQ_FORWARD_CERT_FILE: join(root, 'strange.crt'), KQ_FORWARD_KEY_FILE: join(root, 'strange.key') };
    assertNamed(await lookInside(strange), /does not accept calls from this node/, /KQ_FORWARD_NODES/);
    assertNamed(await lookInside({ KQ_FORWARD_TO: `https://localhost:${await freePort()}` }), /returns no plan/, /firewall/);
    assertNamed(await lookInside({ KQ_FORWARD_CA_FILE: join(root, 'strange.crt') }), /returns no plan/, /KQ_FORWARD_CA_FILE/);
    await mkdir(join(root, 'dmz', 'tls'), { recursive: true });
    await writeFile(join(root, 'dmz', 'tls', 'ca.key'), 'x');
    assertNamed(await lookInside(), /private key of a CA/, /KQ_TLS_CERT_FILE/);
    await rm(join(root, 'dmz'), { recursive: true });
    await writeFile(join(root, 'here.kek'), 'x');
    assertNamed(await lookInside({ KQ_KEK_FILE: join(root, 'here.kek') }), /must not be in the DMZ/, /renew/);
  });
});
