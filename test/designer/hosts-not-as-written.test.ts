import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsNotAsWritten } from '../../designer/src/pages/requests/hosts-not-as-written.ts';

test('addresses whose host is not the one that is read are named with the real one', () => {
  const plain = [
    'https://his.example:8443/api',
    'http://HIS.example:80',
    'https://his.example:443/',
    'http://10.0.0.1:9000/x',
    'kafka.example:9092',
  ];
  assert.deepEqual(hostsNotAsWritten({ target: { instances: plain } }), []);
  const harmful = ['http://h\u0456s.example/a', 'http://his.example@127.0.0.1:29999', 'http://2130706433:80', 'http://医院.example'];
  assert.deepEqual(
    hostsNotAsWritten({ environments: { TEST: { baseUrl: harmful[0] } }, target: harmful.slice(1) }).map(({ host }) => host),
    ['xn--hs-hoc.example', '127.0.0.1:29999', '127.0.0.1', 'xn--ekrs67m.example'],
  );
});
