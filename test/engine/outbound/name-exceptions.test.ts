import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { createOutboundGuard, type LookUp } from '../../../engine/outbound/create-outbound-guard.ts';
import { openOutboundExceptions } from '../../../engine/outbound/open-outbound-exceptions.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

test('a name that is listed lets through where it led when it was listed; led elsewhere later it is refused', async () => {
  const dns = new Map<string, readonly string[]>([
    ['sidecar.example', ['127.0.0.1']],
    ['hospital.example', ['10.1.2.3']],
  ]);
  const clock = fakeClock();
  const lookUp: LookUp = async (host) => {
    const found = dns.get(host);
    if (found === undefined) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    return found.map((address) => ({ address, family: 4 }));
  };
  const exceptions = await openOutboundExceptions({
    documents: createMemoryDocuments({ clock }),
    changes: { announce: async () => {}, follow: () => () => {} },
    clock,
    log: silentLogger,
    lookUp,
  });
  const by = { reason: 'the sidecar', isConfirmed: true, by: 'sec', at: 0 };
  await exceptions.put({ host: 'sidecar.example', ...by });
  assert.deepEqual(exceptions.targets(), [{ host: 'sidecar.example', opens: ['loopback'] }]);
  const guard = createOutboundGuard({ isExcepted: exceptions.matches, lookUp });
  assert.equal((await guard.resolve('sidecar.example', 80)).length, 1);
  dns.set('sidecar.example', ['169.254.169.254']);
  await assert.rejects(guard.resolve('sidecar.example', 80), {
    code: 'OUTBOUND_REFUSED',
    values: { problem: 'metadata', target: 'sidecar.example (169.254.169.254:80)' },
  });
  await assert.rejects(exceptions.put({ host: 'hospital.example', ...by }), {
    code: 'OUTBOUND_NAME',
    values: { host: 'hospital.example', problem: 'open' },
  });
  await assert.rejects(exceptions.put({ host: 'nowhere.example', ...by }), {
    code: 'OUTBOUND_NAME',
    values: { host: 'nowhere.example', problem: 'unknown' },
  });
  exceptions.stop();
});
