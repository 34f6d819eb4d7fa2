import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { listenTrigger, type ListeningTrigger } from '../../../engine/testing/listen-trigger.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import mllpListen from '../../../nodes/mllp/listen.node.ts';
import mllpSend from '../../../nodes/mllp/send.node.ts';
import { readHl7 } from '../../../nodes/shared/hl7/message.ts';
import { getHl7 } from '../../../nodes/shared/hl7/paths.ts';
import { prepareHapi, runHapiClient, startHapiServer } from '../../servers/hapi.ts';
import { preparePythonPeer, runPythonPeer } from '../../servers/python-hl7.ts';
import { admission, portLogger } from './peers.ts';

/** False when the peer cannot be had: the test is then skipped by name, which CI counts as a failure. */
function isThere(t: TestContext, missing: string | undefined): boolean {
  if (missing !== undefined) t.skip(missing);
  return missing === undefined;
}

async function listen(t: TestContext, charset: string): Promise<{ readonly trigger: ListeningTrigger; readonly port: number }> {
  const logged = portLogger();
  const adapter = { settings: { listen: { host: '127.0.0.1', port: 0 }, peers: ['127.0.0.1'] }, charset };
  const trigger = await listenTrigger(mllpListen, { adapter, log: logged.log });
  t.after(() => trigger.stop());
  return { trigger, port: logged.port() };
}

const namesOf = ({ arrivals }: ListeningTrigger) =>
  new Set(arrivals.map(({ message }) => getHl7(readHl7(message.data as string), 'PID-5.2')));

test('HAPI sends one by one and pipelined, and every message arrives once and is acknowledged', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, prepareHapi())) return;
  for (const mode of ['send', 'pipe'] as const) {
    const { trigger, port } = await listen(t, 'GB18030');
    const { code, output } = await runHapiClient(mode, port, 'GB18030', 100);
    assert.equal(code, 0, output);
    assert.deepEqual(
      trigger.arrivals.map(({ message }) => message.headers['hl7-control-id']),
      Array.from({ length: 100 }, (_, index) => `ID${index}`),
    );
    assert.deepEqual(namesOf(trigger), new Set(['慭&']));
  }
});

test('HAPI receives a message in GB18030, acknowledges it, and its refusal is an error', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, prepareHapi())) return;
  const hapi = await startHapiServer('GB18030');
  t.after(() => hapi.stop());
  const adapter = { settings: { host: '127.0.0.1', port: hapi.port, idleCloseMs: 100 }, charset: 'GB18030', limits: { timeoutMs: 10_000 } };
  const outcome = await runNode(mllpSend, { adapter, data: admission('M1', '慭龘') });
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit!['ok']![0]!.data as { code: string }).code, 'AA');
  assert.match(hapi.output(), /RECEIVED [A-Z2-7]{20} 慭龘/);
  await assert.rejects(
    runNode(mllpSend, { adapter, data: admission('M2', '拒') }),
    (error) => error instanceof AppError && error.code === 'MLLP_REFUSED',
  );
});

test('python-hl7 sends in GBK and in UTF-8, and hl7apy finds the answer good', { timeout: 180_000 }, async (t) => {
  if (!isThere(t, preparePythonPeer())) return;
  for (const charset of ['GBK', 'UTF-8']) {
    const { trigger, port } = await listen(t, charset);
    const { code, output } = await runPythonPeer(port, charset);
    assert.equal(code, 0, output);
    assert.match(output, /MSA AA PY1\s+hl7apy AA/);
    assert.deepEqual(namesOf(trigger), new Set(['慭']));
  }
});
