import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskBody } from '../../../../gateways/shared/masking/mask-body.ts';
import { maskText } from '../../../../gateways/shared/masking/mask-text.ts';
import { crypto } from '../../support/city-plan.ts';
import { cpuMsOf } from '../../../support/cpu-time.ts';

const ID = '11010519491231002X';
const mask = (text: string | Buffer, type: string) => maskBody(Buffer.from(text), type, new Set(), crypto);

test('masks resident ids with a right check digit, mobiles and bank cards, and nothing else', () => {
  assert.equal(maskText(`id ${ID}, tel 13812345678, +8613812345678, card 6222021234567890128`), 'id ***2X, tel ***78, +***78, card ***28');
  assert.equal(maskText('card 4111111111111111'), 'card ***11');
  for (const plain of ['110105194912310021', '20260101120000', '12345678901', 'order 1234567']) assert.equal(maskText(plain), plain);
});

test('masks JSON by the names of its fields and by the look of its values, also JSON within JSON', () => {
  const inner = JSON.stringify({ patient_name: '李四', bed: 7 });
  const masked = mask(
    JSON.stringify({ 姓名: '张三', list: [{ Phone: 13800138000, note: `call ${ID}` }], inner, address: { city: '上海' }, 13812345678: 1 }),
    'application/json',
  );
  for (const secret of ['张三', '李四', '13800138000', ID, '上海', '13812345678']) assert.ok(!masked.includes(secret), secret);
  assert.ok(masked.includes('bed'));
});

test('masks credentials under any composite of their names, in JSON, queries and XML', () => {
  const names = [
    ...[
      'refresh_token',
      'id_token',
      'apiKey',
      'X-Api-Key',
      'session_id',
      'newPassword',
      'client_secret',
      'otp',
      'sessionid',
      'contactName',
    ],
    ...['passport', 'PATIENT_NAME', '患者姓名', '登录密码', 'sms_code', 'motherIdCard', 'lxdh'],
  ];
  assert.equal(
    mask(JSON.stringify(Object.fromEntries(names.map((name) => [name, 'hush-hush']))), 'application/json').includes('hush'),
    false,
  );
  const form = mask('apikey=hush&sig=hush&code=hush&sessionid=hush&refresh_token=hush&page=2', 'application/x-www-form-urlencoded');
  assert.equal(form, 'apikey=***&sig=***&code=***&sessionid=***&refresh_token=***&page=2');
  assert.equal(mask('<r><newPassword>hush</newPassword></r>', 'text/xml'), '<r><newPassword>***</newPassword></r>');
  const kept = '{"hospitalName":"A","drugName":"B","code":"E11.9","keyword":"C"}';
  assert.equal(mask(kept, 'application/json'), kept);
});

test('masks XML text, attributes and CDATA, well-formed or not', () => {
  const masked = mask(
    `<p:Patient IdCard="x1"><name>张三</name><q id="${ID}"><![CDATA[13812345678]]></q><phone><![CDATA[021-1]]></phone><ward>W1</ward><broken`,
    'text/xml',
  );
  for (const secret of ['x1', '张三', ID, '13812345678', '021-1']) assert.ok(!masked.includes(secret), `${secret} in ${masked}`);
  assert.ok(masked.includes('<ward>W1</ward>'));
});

test('masks forms, and plain text by look', () => {
  assert.equal(mask('name=%E5%BC%A0%E4%B8%89&day=1', 'application/x-www-form-urlencoded'), 'name=***&day=1');
  assert.equal(mask('call 13812345678', 'text/plain'), 'call ***78');
});

test('logs length and digest of what it cannot read', () => {
  for (const [body, type] of [
    ['{"name":', 'application/json'],
    [Buffer.from([0xd5, 0xc5]), 'text/xml'],
    ['x', 'image/png'],
    ['a=%', 'application/x-www-form-urlencoded'],
    [Buffer.alloc(200_000, 'x'), 'text/plain'],
  ] as const) {
    assert.match(mask(body, type), /^\[\d+ bytes, sm3 [0-9a-f]{64}\]$/);
  }
});

test('no text of a stranger takes long', async () => {
  const name = 'a'.repeat(120_000);
  const [ms] = await cpuMsOf(() => {
    for (const text of [`<${name}`, `<x ${name}`, `<x ${'a="'.repeat(40_000)}`, '<'.repeat(120_000), '<![CDATA['.repeat(13_000)])
      mask(text, 'text/xml');
    mask(JSON.stringify({ a: `<${name}` }), 'application/json');
    mask(`x=%3C${name}`, 'application/x-www-form-urlencoded');
  });
  // Linear work is milliseconds here, quadratic work half a minute.
  assert.ok(ms < 5_000, `${ms} ms`);
});
