import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { describeSettings, readSettings } from '../../../engine/host/settings.ts';

test('nothing given: everything on loopback, in the folder data, with its key beside it', () => {
  const settings = readSettings({});
  assert.deepEqual([settings.bindHost, settings.openPort, settings.trustedProxies, settings.logLevel], ['127.0.0.1', 8441, [], 'info']);
  assert.match(settings.dataFolder, /^\/.*\/data$/);
  assert.equal(settings.kekFile, `${settings.dataFolder}.kek`);
  assert.ok(Object.isFrozen(settings));
});

test('texts of the environment are read, and options of the command line win', () => {
  const settings = readSettings(
    { KQ_OPEN_PORT: '9000', KQ_BUS_PORT: '9002', KQ_TRUSTED_PROXIES: '10.0.0.0/8, ::1' },
    { busPort: 0, userPort: undefined },
  );
  assert.deepEqual(
    [settings.openPort, settings.busPort, settings.userPort, settings.trustedProxies],
    [9000, 0, 8442, ['10.0.0.0/8', '::1']],
  );
});

test('all wrong settings are told together, each by the name under which it was given', () => {
  const environment = {
    KQ_OPEN_PORT: '70000',
    KQ_LOG_LEVEL: 'loud',
    KQ_TLS_CERT_FILE: 'a.pem',
    KQ_DATA_FOLDR: 'x',
    KQ_APP: 'not ours',
    KQ_WORKER_SLOTS: 'many',
    KQ_TRUSTED_PROXIES: '10.0.0.0/8, 10.0.0.0/99',
  };
  assert.throws(
    () => readSettings(environment, { busPort: 'x' }),
    (error) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, 'SETTINGS_INVALID');
      for (const text of [
        'KQ_OPEN_PORT',
        'KQ_LOG_LEVEL',
        'KQ_TLS_KEY_FILE',
        'Did you mean KQ_DATA_FOLDER?',
        'KQ_WORKER_SLOTS',
        'KQ_TRUSTED_PROXIES: 10.0.0.0/99 is neither an address nor a CIDR range.',
        'option busPort',
      ]) {
        assert.ok(error.message.includes(text), `${text} in ${error.message}`);
      }
      assert.equal(error.issues.length, 7);
      return true;
    },
  );
});

test('every setting is described by name, variable, value and meaning', () => {
  const described = describeSettings(readSettings({ KQ_STORE_ADDRESS: 'mongo://ann:pw@db/kq' }));
  assert.ok(described.every(({ text }) => text.en !== '' && /[\u4e00-\u9fff]/.test(text['zh-CN'])));
  assert.equal(described.find((entry) => entry.variable === 'KQ_STORE_ADDRESS')?.value, 'mongo://***@db/kq');
});

test('says of every setting where its value comes from', () => {
  const environment = { KQ_LOG_LEVEL: 'warn', KQ_BUS_PORT: '1' };
  const overrides = { busPort: '2' };
  const described = describeSettings(readSettings(environment, overrides), environment, overrides);
  const sourceOf = (name: string) => described.find((entry) => entry.name === name)?.source;
  assert.deepEqual([sourceOf('busPort'), sourceOf('logLevel'), sourceOf('openPort')], ['option', 'environment', 'default']);
});

test('a gateway that hands over names whom to and its certificate; inside, a certificate stands for one node', () => {
  const environment = { KQ_FLOWS: 'forward', KQ_FORWARD_TO: 'https://bus-1.inside:8443, https://[::1]:8443' };
  assert.throws(() => readSettings(environment), /KQ_FORWARD_CERT_FILE(.|\n)*KQ_FORWARD_KEY_FILE(.|\n)*KQ_FORWARD_CA_FILE/);
  const files = { KQ_FORWARD_CERT_FILE: 'a', KQ_FORWARD_KEY_FILE: 'b', KQ_FORWARD_CA_FILE: 'c' };
  assert.deepEqual(readSettings({ ...environment, ...files }).forwardTo, ['https://bus-1.inside:8443', 'https://[::1]:8443']);
  for (const address of ['http://bus.inside:8443', 'https://user@bus.inside', 'https://bus.inside/path'])
    assert.throws(() => readSettings({ KQ_FORWARD_TO: address }), { code: 'SETTINGS_INVALID' });
  const [written, plain] = [Array(32).fill('AB').join(':'), 'ab'.repeat(32)];
  assert.equal(
    readSettings({ KQ_FORWARD_NODES: `open:sh-city+district:1@${written},user:sh-city@${'cd'.repeat(32)}` }).forwardNodes.length,
    2,
  );
  assert.throws(() => readSettings({ KQ_FORWARD_NODES: `open:a@${written},user:a@${plain}` }), /listed twice/);
  assert.throws(() => readSettings({ KQ_FORWARD_NODES: `bus:a@${plain}` }), { code: 'SETTINGS_INVALID' });
});

test('the folders of adapters are none by default, and never those of the platform', () => {
  assert.deepEqual(readSettings({}).fileRoots, []);
  assert.deepEqual(readSettings({ KQ_FILE_ROOTS: '/srv/lis/, /srv/his' }).fileRoots, ['/srv/lis', '/srv/his']);
  for (const root of ['/', '/var', '/var/kq/data', '/var/kq/data/store', '/var/kq/data.exchange', '/var/kq'])
    assert.throws(() => readSettings({ KQ_DATA_FOLDER: '/var/kq/data', KQ_FILE_ROOTS: root }), { code: 'SETTINGS_INVALID' }, root);
  assert.throws(
    () => readSettings({ KQ_FILE_ROOTS: '/srv', KQ_TLS_KEY_FILE: '/srv/key.pem', KQ_TLS_CERT_FILE: '/etc/cert.pem' }),
    /fileRoots|KQ_FILE_ROOTS/,
  );
  assert.throws(() => readSettings({ KQ_FILE_ROOTS: 'srv' }), { code: 'SETTINGS_INVALID' });
});
