import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import stomp from '../../../../nodes/messaging/brokers/stomp.ts';
import { STOMP } from '../brokers-here.ts';
import { brokerConformance } from './conformance.ts';

brokerConformance(STOMP);

test('headers of the sender do not change where a message goes', async (t) => {
  const frames: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (bytes: Buffer) => {
      const frame = bytes.toString();
      const receipt = /receipt:(.*)/.exec(frame)?.[1];
      if (/^\s*(CONNECT|STOMP)/.test(frame)) socket.write('CONNECTED\nversion:1.2\n\n\0');
      if (frame.startsWith('SEND')) frames.push(frame);
      if (receipt !== undefined) socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  const servers = [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }];
  const target = { servers, virtualHost: undefined, login: undefined, tls: undefined, connectTimeoutMs: 5000, timeoutMs: 5000 };
  const publisher = await stomp.openPublisher({ ...target, outbound: anywhere, clock: wallClock(), clientName: 'test' });
  const headers = { destination: '/queue/hospital-d.orders', transaction: 't1', 'x-ward': '7' };
  await publisher.publish({
    destination: 'hospital-c.x',
    key: undefined,
    id: '1',
    contentType: 'text/plain',
    headers,
    body: Buffer.from('x'),
  });
  await publisher.close();
  assert.match(frames[0]!, /^destination:\/queue\/hospital-c\.x$/m);
  assert.match(frames[0]!, /^x-ward:7$/m);
  assert.doesNotMatch(frames[0]!, /hospital-d|transaction/);
});
