import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { guardedFetch } from '../../../../engine/extensions/process/guarded-fetch.ts';

test('bytes of the request and of the response are counted before they are kept', async (t) => {
  let asked = 0;
  const system = createServer((request, response) => {
    asked += 1;
    request.resume().on('end', () => response.end('字'.repeat(1000)));
  });
  await new Promise<void>((resolve) => system.listen(0, '127.0.0.1', resolve));
  t.after(() => system.close());
  const address = `127.0.0.1:${(system.address() as AddressInfo).port}`;
  const send = async (limit: number) => {
    let held = 0;
    const hold = (bytes: number) => {
      held += bytes;
      if (held > limit) throw new Error(`more than ${limit}`);
    };
    const outbound = createOutboundGuard({ isExcepted: () => true });
    const rules = { extension: 'x-test@1.0.0', connect: [address], effect: 'write' } as const;
    const ctx = { outbound, signal: new AbortController().signal, beforeFirstByte: () => undefined, hold };
    await guardedFetch({ url: `http://${address}/`, method: 'POST', headers: {}, body: '字字' }, rules, ctx);
    return held;
  };
  assert.equal(await send(10_000), 3006);
  await assert.rejects(send(5), { message: 'more than 5' });
  assert.equal(asked, 1, 'nothing was sent');
  await assert.rejects(send(2000), { code: 'EXTENSION_FETCH', kind: 'unknown-outcome' });
});
