import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import { createAuthority } from '../../support/certificates.ts';

test('trusts the authority that the adapter names, and nobody else', async (t) => {
  const authority = await createAuthority();
  let requests = 0;
  const server = createServer(await authority.issue('hospital'), (_request, response) => {
    requests++;
    response.setHeader('content-type', 'application/json').end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = (tls: object) => runNode(httpCall, { config: { method: 'POST', path: '/' }, adapter: { settings: { baseUrl, ...tls } } });

  await assert.rejects(call({}), { code: 'HTTP_CONNECT', kind: 'transient' });
  await assert.rejects(call({ tls: { ca: (await createAuthority()).ca } }), { code: 'HTTP_CONNECT' });
  assert.equal(requests, 0);
  const outcome = await call({ tls: { ca: authority.ca } });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit!.ok![0]!.data, { ok: true });
});

test('settings that cannot be read are told with their fields, before anything is sent', async () => {
  const settings = { baseUrl: 'ftp://x', auth: 'secret', more: 1 };
  await assert.rejects(
    runNode(httpCall, { config: { path: '/' }, adapter: { settings } }),
    (error: { code: string; issues: { path: string }[] }) => {
      assert.equal(error.code, 'ADAPTER_SETTINGS_WRONG');
      for (const path of ['/baseUrl', '/auth', '/more'])
        assert.ok(
          error.issues.some((issue) => issue.path === path),
          path,
        );
      return true;
    },
  );
});
