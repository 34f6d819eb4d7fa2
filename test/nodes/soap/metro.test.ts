/** Against a foreign implementation: Metro JAX-WS, in SOAP 1.1, 1.2, GBK and with WS-Security. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '../../../engine/contract/node/node.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import soapCall from '../../../nodes/soap/call.node.ts';
import { offersOf } from './wsdl/describe.ts';
import { startMetro, type Metro } from '../../servers/metro.ts';

const reg = { 姓名: '张三丰', idCard: '310101199001010007', deptCode: '007', 序号: 3, fee: '12.50' };
const config = { namespace: 'http://hospital.cn/reg', operation: 'register', action: 'urn:register' };

test('calls Metro', async (t) => {
  const metro = await startMetro(t);
  if (metro === undefined) return;
  t.after(() => metro.stop());
  await t.test('its description, which imports its schema, says all that a call needs', async () => {
    for (const path of ['/reg11', '/reg12']) {
      const offers = await offersOf({ baseUrl: `${metro.baseUrl}${path}` });
      const offer = offers.find(({ name }) => name === 'register');
      assert.equal(offer?.problems, undefined);
      const taken = offer?.takes['properties'] as { reg: { properties: object } };
      assert.ok(Object.keys(taken.reg.properties).includes('姓名'));
      assertRegistered(await call(metro, path, offer!.config));
    }
  });
  await t.test('SOAP 1.1 and 1.2', async () => {
    assertRegistered(await call(metro, '/reg11', {}));
    assertRegistered(await call(metro, '/reg12', { version: '1.2' }));
  });
  await t.test('speaks GBK to a service that answers in GBK', async () => {
    assertRegistered(await call(metro, '/reggbk', {}, 'GBK'));
  });
  await t.test('tells a business fault with its detail', async () => {
    const { emit } = (await call(metro, '/reg11', { faults: 'port', body: { value: { reg: {} } } })) as Extract<Outcome, { emit: unknown }>;
    const fault = emit!.fault![0]!.data as { code: string; reason: string; detail: { RegFault: { errorCode: string; 原因: string } } };
    assert.deepEqual(
      [fault.code, fault.reason, fault.detail.RegFault.errorCode, fault.detail.RegFault.原因],
      ['Server', '挂号失败', 'E001', '姓名不能为空'],
    );
    await assert.rejects(call(metro, '/reg12', { version: '1.2', body: { value: { reg: {} } } }), { code: 'SOAP_FAULT', kind: 'input' });
  });
  await t.test('logs in by text and by digest, and is refused with a wrong password', async () => {
    for (const security of ['text', 'digest']) assertRegistered(await call(metro, '/regsec', { security }));
    await assert.rejects(call(metro, '/regsec', { security: 'digest' }, 'UTF-8', 'lab:wrong'), { code: 'SOAP_FAULT', kind: 'input' });
  });
});

function call({ baseUrl }: Metro, path: string, more: Record<string, unknown>, charset = 'UTF-8', secret = 'lab:secret'): Promise<Outcome> {
  return runNode(soapCall, {
    config: { ...config, body: { value: { reg } }, ...more },
    adapter: { settings: { baseUrl: `${baseUrl}${path}` }, charset, limits: { timeoutMs: 20_000 } },
    secrets: { '': secret },
  });
}

function assertRegistered(outcome: Outcome): void {
  assert.ok('emit' in outcome);
  const { result } = outcome.emit!.ok![0]!.data as { result: Record<string, unknown> };
  assert.deepEqual(result, {
    code: '0',
    message: '挂号成功：慭龘',
    就诊号: 'MZ007',
    reg: { 姓名: '张三丰', idCard: '310101199001010007', deptCode: '007', 序号: '3', fee: '12.50' },
    提示: ['请提前30分钟', '带身份证 <&>'],
  });
}
