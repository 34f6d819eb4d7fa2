import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadDevCertificates } from '../../../engine/host/dev-certificates.ts';
import type { HealthReport } from '../../../engine/host/health.ts';
import { listenStatus, type StatusOptions } from '../../../engine/host/status-listener.ts';

const TOKEN = 'collector-token-of-this-test';
const report = (status: HealthReport['status']): Promise<HealthReport> => Promise.resolve({ status, checks: [] });

async function listening(t: TestContext, options: Partial<StatusOptions> = {}) {
  const listener = await listenStatus({
    host: '127.0.0.1',
    port: 0,
    report: () => report('up'),
    metricsText: () => Promise.resolve('kangqiao_test 1\n'),
    ...options,
  });
  t.after(() => listener.close());
  return {
    ...listener,
    ask: async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${listener.address}${path}`, { headers });
      return { status: answer.status, text: await answer.text() };
    },
  };
}

test('lives while it starts, is ready when every part is, and no longer while it drains', async (t) => {
  let state: HealthReport['status'] | undefined;
  const { ask } = await listening(t, { report: () => (state === undefined ? undefined : report(state)) });
  assert.equal((await ask('/healthz')).status, 200);
  assert.deepEqual(await ask('/readyz'), { status: 503, text: '{"status":"starting","checks":[]}' });
  const told: number[] = [];
  for (state of ['up', 'down', 'draining'] as const) told.push((await ask('/readyz')).status);
  assert.deepEqual(told, [200, 503, 503]);
  assert.equal((await ask('/healthz')).status, 200);
  assert.equal((await ask('/other')).status, 404);
});

test('gives metrics to this machine; what comes through a proxy or from a web page needs the token', async (t) => {
  const { ask } = await listening(t, { metricsToken: TOKEN });
  assert.deepEqual(await ask('/metrics'), { status: 200, text: 'kangqiao_test 1\n' });
  assert.equal((await ask('/metrics', { 'x-forwarded-for': '10.0.0.9' })).status, 401);
  assert.equal((await ask('/metrics', { origin: 'https://example.org' })).status, 401);
  assert.equal((await ask('/metrics', { 'x-forwarded-for': '10.0.0.9', authorization: `Bearer ${TOKEN}x` })).status, 401);
  assert.equal((await ask('/metrics', { 'x-forwarded-for': '10.0.0.9', authorization: `Bearer ${TOKEN}` })).status, 200);
  const { ask: askLocked } = await listening(t);
  assert.equal((await askLocked('/metrics', { 'x-forwarded-for': '10.0.0.9', authorization: 'Bearer ' })).status, 401);
});

test('speaks TLS where it has a certificate, and says when its port is taken', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-status-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { cert, key, ca } = await loadDevCertificates(folder, Date.now());
  const { address } = await listening(t, { tls: { cert, key } });
  const status = await new Promise((resolve, reject) => {
    request(`${address}/readyz`, { ca, agent: false }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });
  assert.equal(status, 200);
  const { port } = new URL(address);
  await assert.rejects(listening(t, { port: Number(port) }), {
    code: 'LISTEN_FAILED',
    message: `Cannot listen on 127.0.0.1:${port} (EADDRINUSE).`,
  });
});
