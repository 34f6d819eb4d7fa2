import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutboundGuard } from '../../engine/outbound/create-outbound-guard.ts';
import { buildInterface } from '../gateways/support/city-plan.ts';
import { outboundAnywhere } from '../support/outbound.ts';
import { startControl } from './start-control.ts';

interface Found {
  readonly path: string;
  readonly code: string;
  readonly severity: string;
}

test('an address that is never a service is refused when it is saved, and a name that leads there is a warning', async (t) => {
  const lookUp = () => Promise.resolve([{ address: '169.254.169.254', family: 4 }]);
  const guard = createOutboundGuard({ isExcepted: (_host, address) => address === '169.254.7.7', lookUp });
  const running = await startControl({ outbound: { ...outboundAnywhere, guard } });
  t.after(running.stop);
  const document = buildInterface({ front: 'bus', path: '/bus/v1/beds', method: 'GET', revision: 0 });
  const save = async (address: string, policies = {}) => {
    const target = { kind: 'upstream' as const, groups: [{ name: 'v1', instances: [{ address: 'http://10.1.1.1' }, { address }] }] };
    return running.admin.call('PUT', `/interfaces/${document.interfaceId}`, { ...document, target, policies });
  };
  for (const address of [
    'http://169.254.169.254/latest',
    'https://100.100.100.200:8443',
    'http://[fd00:ec2::254]',
    'http://[::ffff:a9fe:a9fe]',
  ]) {
    const answer = await save(address);
    const issues = (answer.body as { readonly issues: readonly Found[] }).issues.map(({ path, code, severity }) => [path, code, severity]);
    assert.deepEqual([answer.status, issues], [422, [['/target/groups/0/instances/1/address', 'OUTBOUND_REFUSED', 'error']]], address);
  }
  const mirrored = await save('http://10.1.1.2', { mirror: { address: 'http://169.254.169.254' } });
  assert.equal((mirrored.body as { readonly issues: readonly Found[] }).issues[0]!.path, '/policies/mirror/address');
  const target = { kind: 'upstream' as const, instances: ['http://metadata.cloud.internal', 'http://169.254.7.7'] };
  const checked = await running.admin.call('POST', '/interfaces/validate', { ...document, target });
  assert.deepEqual(
    (checked.body as { readonly issues: readonly Found[] }).issues.map(({ path, severity }) => [path, severity]),
    [['/target/instances/0', 'warning']],
  );
  assert.equal((await running.admin.call('PUT', `/interfaces/${document.interfaceId}`, { ...document, target })).status, 200);
});
