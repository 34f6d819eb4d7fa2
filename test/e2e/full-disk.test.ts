// @never-rerun: a single failure is a failure.
/** The disk of the data folder fills up while the product is running: work without the store continues, other work is refused clearly, and everything recovers. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connectMllp, type MllpClient } from '../../examples/city/hospital-c/mllp-client.ts';
import { feedMessage } from '../../examples/city/hospital-c/feed.ts';
import iconv from 'iconv-lite';
import { booking, openCity, type City } from '../support/city.ts';
import { chainFlow, eventually, openPlatformApi, type Answer, type PlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const scratch = await makeScratch();
const disk = join(scratch, 'data');
let isMounted = false;
let platform: Platform | undefined;
let api: PlatformApi;
let city: City;

after(async () => {
  await city?.close();
  await api?.close();
  platform?.process.kill('SIGKILL');
  await new Promise((resolve) => (platform === undefined ? resolve(undefined) : platform.process.once('exit', resolve)));
  if (isMounted) execFileSync('umount', [disk]);
  await removeScratch(scratch);
});

test(
  'a full disk stops writes with 503 and Retry-After, withholds ACKs, lets reads and proxied calls go on, and mends by itself',
  { timeout: 120_000 },
  async (t) => {
    await mkdir(disk, { mode: 0o700 });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m,mode=700', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      return t.skip('allowed: mounting a small disk needs root');
    }
    isMounted = true;
    platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
    api = await openPlatformApi(platform);
    city = await openCity(platform);
    await api.publish(
      chainFlow('flw_reading', [{ type: 'http.call@1', adapter: 'adp_hospital_a', config: { method: 'GET', path: '/departments' } }]),
    );
    const reading = await api.offer('flw_reading', { method: 'GET' });
    await api.publish(
      chainFlow('flw_durable', [{ type: 'transform.set@1', config: { fields: [{ to: 'data.done', from: { value: true } }] } }], {
        mode: 'durable',
      }),
    );
    const durable = await api.offer('flw_durable', { bodyLimitBytes: 1_000_000 });
    const accept = (bytes: number) => api.bus('POST', durable, { text: 'x'.repeat(bytes) });
    assert.equal((await accept(10)).status, 202);

    const filler = await fillDisk();
    // The log of the store has pages of its own to use up first, ever smaller writes need ever fewer.
    for (const bytes of [50_000, 5000, 10]) await untilRefused(() => accept(bytes));

    for (let round = 0; round < 3; round += 1) {
      assertRefused(await accept(10));
      const { status, headers } = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: `full-${round}` });
      assertRefused({ status, headers, body: {} });
      assert.notEqual(await acknowledgement(round), 'AA');
      assert.deepEqual((await api.bus('GET', reading)).status, 200);
      assert.equal((await api.bus('GET', '/bus/v1/departments')).status, 200);
      assert.equal((await city.app.fetch('/open/v1/departments')).status, 200);
      assert.equal((await city.reports('P000002')).status, 200);
      assert.equal((await api.call('GET', '/executions')).status, 200);
    }

    await rm(filler);
    await eventually(async () => assert.equal((await accept(10)).status, 202));
    const { status } = await city.app.fetch('/open/v1/appointments', { body: booking('A'), idempotencyKey: 'full-0' });
    assert.equal(status, 201, 'what was refused was not done, and is done when it comes again');
    await eventually(async () => assert.equal(await acknowledgement(0), 'AA'));
    assert.equal((await api.call('GET', '/executions')).status, 200);
    assert.equal(platform.process.exitCode, null, 'without a restart');
    assert.equal((await platform.end('SIGTERM')).code, 0, platform.output());
  },
);

async function fillDisk(): Promise<string> {
  const path = join(disk, 'filler');
  const file = await open(path, 'w');
  try {
    for (const bytes of [1_048_576, 65_536, 4096]) {
      for (;;) {
        const { bytesWritten } = await file.write(Buffer.alloc(bytes)).catch(() => ({ bytesWritten: 0 }));
        if (bytesWritten < bytes) break;
      }
    }
  } finally {
    await file.close();
  }
  return path;
}

async function untilRefused(write: () => Promise<Answer<unknown>>): Promise<void> {
  for (let tries = 0; tries < 5000; tries += 1) {
    if ((await write()).status === 503) return;
  }
  assert.fail('it never became full');
}

function assertRefused({ status, headers, body }: Answer<unknown>): void {
  assert.equal(status, 503, JSON.stringify(body));
  assert.match(String(headers['retry-after']), /^[1-9][0-9]*$/);
}

/** MSA-1 of the answer to a message of hospital C, undefined when none came. */
async function acknowledgement(number: number): Promise<string | undefined> {
  const { controlId, text } = feedMessage(900_000 + number);
  let client: MllpClient | undefined;
  try {
    client = await connectMllp('127.0.0.1', platform!.ports.example + 575, 1500);
    return (await client.send(iconv.encode(text, 'gb18030'), controlId)).code;
  } catch {
    return undefined;
  } finally {
    client?.close();
  }
}
