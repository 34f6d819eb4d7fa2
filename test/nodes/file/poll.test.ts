/** The trigger that polls files, on a local folder and on real servers. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  existsSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Blobs } from '../../../engine/contract/ports/blobs.ts';
import type { Arrival, TriggerPosition } from '../../../engine/contract/node/node.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger, memoryPosition, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import { memoryBlobs } from '../../../engine/testing/memory-blobs.ts';
import filePoll from '../../../nodes/file/poll.node.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { showsContract } from '../shows-contract.ts';
import type { FileSettings } from '../../../nodes/file/stores/settings.ts';
import { openTarget, readAll } from './stores/conformance.ts';
import { PLACES, until, type Place } from './places.ts';

showsContract(import.meta.url, {
  happy: 'each file starts the flow once, in order, and goes to the done folder',
  slow: 'a file that is being written is not read early',
  'half-open': 'a server that accepts and says nothing ends the look with an error',
  refusal: 'what is refused, too large or unreadable goes to the failed folder with its reason',
  duplicate: 'a crash between claim and done hands the file in again under the same key',
  cancel: 'stopped in the midst, it settles the file under way and leaves the others',
  '10 MB': 'a large file becomes a blob reference',
});

const NAME_ONLY = ({ message }: Arrival) => message.headers['file-name'];

function look(place: Place, { config, ...more }: ListenTriggerOptions = {}) {
  const options = { adapterId: `adp_${randomBytes(4).toString('hex')}`, settings: place.settings, ...more.adapter };
  return listenTrigger(filePoll, {
    secrets: { '': place.credential },
    ...more,
    adapter: options,
    config: { folder: 'in', stableSec: 0, everySec: 1, doneFolder: 'in/done', failedFolder: 'in/failed', ...config },
  });
}

for (const kind of PLACES)
  describe(`file.poll on ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let place: Place;
    let folder: string;
    const put = (name: string, content: string | Uint8Array = name) => {
      writeFileSync(join(folder, name), content);
      chmodSync(join(folder, name), 0o666);
    };
    const inFolder = (name = '') => readdirSync(join(folder, name)).filter((found) => !found.startsWith('kq-claimed-') || name !== '');
    const processed = () => inFolder('done').filter((name) => name !== '').length;

    before(async () => (place = await kind.start()));
    after(() => place?.stop());
    const fresh = () => {
      folder = join(place.files, 'in');
      // Each test has files of its own.
      renameAway(folder, place.files);
      mkdirSync(folder);
      chmodSync(folder, 0o777);
    };

    test('each file starts the flow once, in order, and goes to the done folder', async () => {
      fresh();
      for (const name of ['b.csv', 'a.csv', '检验 报告.CSV', 'other.txt', '.hidden.csv']) put(name, `内容 ${name}`);
      const trigger = await look(place, { config: { patterns: ['*.csv'] } });
      await until(() => assert.equal(trigger.arrivals.length, 3));
      await trigger.stop();
      assert.deepEqual(trigger.arrivals.map(NAME_ONLY), ['a.csv', 'b.csv', '检验 报告.CSV']);
      const [{ message }] = trigger.arrivals as [Arrival];
      assert.deepEqual([message.data, message.mediaType, message.charset], ['内容 a.csv', 'text/csv', 'UTF-8']);
      assert.equal(message.headers['file-size'], String(Buffer.byteLength('内容 a.csv')));
      assert.deepEqual(inFolder().sort(), ['.hidden.csv', 'done', 'failed', 'other.txt']);
      assert.equal(processed(), 3);
      assert.equal(new Set(trigger.arrivals.map(({ dedupeKey }) => dedupeKey)).size, 3);
      assert.equal(readdirSync(folder).filter((name) => name.startsWith('kq-claimed-')).length, 0);
    });

    test('a file of the same name comes again, and none in the done folder is replaced', async () => {
      fresh();
      put('a.csv', 'first');
      const trigger = await look(place);
      await until(() => assert.equal(processed(), 1));
      put('a.csv', 'second');
      await until(() => assert.equal(processed(), 2));
      await trigger.stop();
      assert.deepEqual(
        inFolder('done')
          .map((name) => readFileSync(join(folder, 'done', name), 'utf8'))
          .sort(),
        ['first', 'second'],
      );
      assert.notEqual(trigger.arrivals[0]!.dedupeKey, trigger.arrivals[1]!.dedupeKey);
    });

    test('what is refused, too large or unreadable goes to the failed folder with its reason', async () => {
      fresh();
      put('a-refused.csv');
      put('b-large.csv', 'x'.repeat(2000));
      put('c-broken.csv', Buffer.from([0xff, 0xfe, 0x31]));
      put('d-good.csv');
      const refusal = { status: 'refused', error: { code: 'TEST_NO', kind: 'input', message: 'Not this one.' } } as const;
      const trigger = await look(place, {
        config: { maxBytes: 1000 },
        onArrival: (arrival) => (NAME_ONLY(arrival) === 'a-refused.csv' ? refusal : { status: 'accepted', executionId: 'exe_1' }),
      });
      await until(() => assert.equal(processed(), 1));
      await trigger.stop();
      const reasons = inFolder('failed')
        .filter((name) => name.endsWith('.reason.txt'))
        .sort();
      assert.equal(inFolder('failed').length, 6);
      assert.deepEqual(
        reasons.map((name) => readFileSync(join(folder, 'failed', name), 'utf8').split('\n')[0]),
        ['TEST_NO', 'FILE_TOO_LARGE', 'CHARSET_INVALID_BYTES'],
      );
      assert.match(readFileSync(join(folder, 'failed', reasons[1]!), 'utf8'), /文件超过 1000 字节/);
    });

    test('a file whose ending is a word of the language is a file like others', async () => {
      fresh();
      for (const name of ['a.constructor', 'b.__proto__', 'c.toString', 'd.csv']) put(name);
      const trigger = await look(place, { config: { output: 'text' } });
      await until(() => assert.equal(processed(), 4));
      await trigger.stop();
      assert.deepEqual(
        trigger.arrivals.map(({ message }) => [message.data, message.mediaType]),
        [
          ['a.constructor', 'text/plain'],
          ['b.__proto__', 'text/plain'],
          ['c.toString', 'text/plain'],
          ['d.csv', 'text/csv'],
        ],
      );
    });

    test('a fault of the program over one file puts that file aside and lets the others go on', async () => {
      fresh();
      put('a-fault.csv');
      put('b-good.csv');
      const kept = memoryBlobs();
      let puts = 0;
      const blobs: Blobs = {
        ...kept,
        put: (...given) => (puts++ === 0 ? Promise.reject(new TypeError('no function')) : kept.put(...given)),
      };
      const trigger = await look(place, { blobs, config: { output: 'blob' } });
      await until(() => assert.equal(processed(), 1));
      await trigger.stop();
      assert.deepEqual(trigger.arrivals.map(NAME_ONLY), ['b-good.csv']);
      assert.deepEqual(
        trigger.refusals.map(({ code }) => code),
        ['INTERNAL_BUG'],
      );
      const reason = inFolder('failed').find((name) => name.endsWith('.reason.txt'))!;
      assert.match(readFileSync(join(folder, 'failed', reason), 'utf8'), /^INTERNAL_BUG/);
    });

    test('what cannot be stored now is tried again, and nothing overtakes it', async () => {
      fresh();
      for (const name of ['1', '2', '3']) put(name);
      let isDown = true;
      const trigger = await look(place, {
        onArrival: () =>
          isDown
            ? { status: 'refused', error: { code: 'STORE_DOWN', kind: 'transient', message: 'The store is away.' } }
            : { status: 'accepted', executionId: 'exe_1' },
      });
      await until(() => assert.ok(trigger.arrivals.length >= 2));
      isDown = false;
      await until(() => assert.equal(processed(), 3));
      await trigger.stop();
      assert.deepEqual([...new Set(trigger.arrivals.map(NAME_ONLY))], ['1', '2', '3']);
      assert.equal(new Set(trigger.arrivals.filter((arrival) => NAME_ONLY(arrival) === '1').map(({ dedupeKey }) => dedupeKey)).size, 1);
    });

    test('two pollers never take one file twice', async () => {
      fresh();
      for (let number = 0; number < 120; number++) put(`${number}.csv`);
      const pollers = await Promise.all([look(place), look(place), look(place)]);
      await until(() => assert.equal(processed(), 120), 60_000);
      await Promise.all(pollers.map((poller) => poller.stop()));
      const taken = pollers.flatMap((poller) => poller.arrivals.map(NAME_ONLY));
      assert.equal(taken.length, 120);
      assert.equal(new Set(taken).size, 120);
      assert.deepEqual(inFolder().sort(), ['done', 'failed']);
    });

    test('a crash between claim and done hands the file in again under the same key', async () => {
      fresh();
      put('a.csv');
      const adapter = { adapterId: 'adp_crash', settings: place.settings };
      const position = memoryPosition();
      // The process ends while the message is being stored.
      const crashed = await look(place, { adapter, position, onArrival: () => new Promise(() => undefined) });
      await until(() => assert.equal(crashed.arrivals.length, 1));
      put('b.csv');
      const other = await look(place, { adapter, position: memoryPosition() });
      await until(() => assert.equal(processed(), 1));
      await other.stop();
      assert.deepEqual(other.arrivals.map(NAME_ONLY), ['b.csv'], 'another poller leaves claimed files alone');
      const next = await look(place, { adapter, position });
      await until(() => assert.equal(processed(), 2));
      await next.stop();
      assert.deepEqual(next.arrivals.map(NAME_ONLY), ['a.csv']);
      assert.equal(next.arrivals[0]!.dedupeKey, crashed.arrivals[0]!.dedupeKey);
      assert.equal(next.arrivals[0]!.message.data, 'a.csv');
    });

    test('a large file becomes a blob reference', async () => {
      fresh();
      const bytes = randomBytes(10_000_000);
      put('影像.zip', bytes);
      const blobs = memoryBlobs();
      const trigger = await look(place, { blobs, config: { output: 'blob', maxBytes: 20_000_000, afterwards: 'remove' } });
      const { message } = await trigger.next();
      await until(() => assert.deepEqual(inFolder(), ['failed']));
      await trigger.stop();
      const { blobId, ...about } = message.data as { readonly blobId: string };
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      assert.deepEqual(about, { sizeBytes: bytes.length, name: '影像.zip', mediaType: 'application/zip', sha256 });
      assert.deepEqual(await readAll(blobs.get(blobId)), bytes);
    });
  });

function renameAway(folder: string, files: string): void {
  if (existsSync(folder)) renameSync(folder, join(files, `before-${randomBytes(4).toString('hex')}`));
}

/** A local folder with a clock that the test moves. */
async function slowLab(config: Record<string, unknown>, position: TriggerPosition = memoryPosition()) {
  const place = await PLACES[0]!.start();
  mkdirSync(join(place.files, 'in'));
  const clock = fakeClock();
  const trigger = await look(place, { clock, position, config });
  const file = (name: string) => join(place.files, 'in', name);
  const lookAgain = async () => {
    await clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 30));
  };
  const lookUntil = async (isDone: () => boolean) => {
    for (let count = 0; count < 1000 && !isDone(); count++) await lookAgain();
  };
  return { place, trigger, file, lookAgain, lookUntil };
}

test('a file that is being written is not read early', async (t) => {
  const { place, trigger, file, lookAgain, lookUntil } = await slowLab({ stableSec: 3 });
  t.after(() => place.stop());
  for (let part = 0; part < 8; part++) {
    appendFileSync(file('slow.csv'), `part ${part}\n`);
    await lookAgain();
    await lookAgain();
    assert.equal(trigger.arrivals.length, 0);
  }
  await lookUntil(() => trigger.arrivals.length === 1);
  assert.match(String(trigger.arrivals[0]!.message.data), /^part 0\n.*part 7\n$/s);
  // A file that is written in place keeps its size: its time changes.
  writeFileSync(file('same.csv'), 'aaaa');
  for (let count = 0; count < 6; count++) {
    utimesSync(file('same.csv'), new Date(), new Date(Date.now() + count * 1000));
    await lookAgain();
  }
  assert.equal(trigger.arrivals.length, 1);
  await trigger.stop();
});

test('a file that comes over FTP in pieces is not read early', { skip: PLACES[1]!.skip ?? false }, async (t) => {
  const place = await PLACES[1]!.start();
  t.after(() => place.stop());
  mkdirSync(join(place.files, 'in'));
  chmodSync(join(place.files, 'in'), 0o777);
  const trigger = await look(place, { config: { stableSec: 2 } });
  const sender = await openTarget({ settings: place.settings as unknown as FileSettings, credential: place.credential });
  const pieces = async function* () {
    for (let piece = 0; piece < 12; piece++) {
      yield Buffer.from(`piece ${piece}\n`.padEnd(70_000, '.'));
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(trigger.arrivals.length, 0);
    }
  };
  await sender.write('in/slow.csv', pieces(), 0);
  sender.close();
  await until(() => assert.equal(trigger.arrivals.length, 1));
  await trigger.stop();
  assert.equal(String(trigger.arrivals[0]!.message.data).length, 12 * 70_000);
});

test('with a marker, a file is taken only once the marker is there, and a marker stands for one file only', async (t) => {
  const { place, trigger, file, lookAgain, lookUntil } = await slowLab({ marker: '.ok', stableSec: 3600 });
  t.after(() => place.stop());
  writeFileSync(file('a.csv'), 'half');
  for (let count = 0; count < 3; count++) await lookAgain();
  assert.equal(trigger.arrivals.length, 0);
  appendFileSync(file('a.csv'), ' and half');
  writeFileSync(file('a.csv.ok'), '');
  await lookUntil(() => trigger.arrivals.length === 1);
  assert.deepEqual(
    trigger.arrivals.map(({ message }) => message.data),
    ['half and half'],
  );
  writeFileSync(file('a.csv'), 'the next one, half');
  for (let count = 0; count < 3; count++) await lookAgain();
  assert.equal(trigger.arrivals.length, 1);
  assert.equal(existsSync(file('a.csv.ok')), false);
  await trigger.stop();
});

test('a marker without its file, left behind by a crash, takes the file; with its file it is removed', async (t) => {
  const position = memoryPosition();
  await position.keep('poller', 'lefty');
  const { place, trigger, file, lookAgain, lookUntil } = await slowLab({ marker: '.ok' }, position);
  t.after(() => place.stop());
  mkdirSync(file('kq-claimed-lefty-old'));
  writeFileSync(file('kq-claimed-lefty-old/a.csv.ok'), '');
  writeFileSync(file('a.csv'), 'complete');
  writeFileSync(file('kq-claimed-lefty-old/b.csv.ok'), '');
  writeFileSync(file('kq-claimed-lefty-old/b.csv'), 'taken');
  writeFileSync(file('b.csv'), 'a later one, half');
  await lookUntil(() => trigger.arrivals.length === 2);
  await until(() =>
    assert.deepEqual(
      trigger.arrivals.map(({ message }) => message.data),
      ['complete', 'taken'],
    ),
  );
  for (let count = 0; count < 2; count++) await lookAgain();
  assert.equal(existsSync(file('b.csv')), true);
  await trigger.stop();
  assert.deepEqual(readdirSync(file('')).sort(), ['b.csv', 'done', 'failed']);
});

test('a file that is written on after it was taken is not handed in before it is still again', async (t) => {
  const position = memoryPosition();
  await position.keep('poller', 'lefty');
  const { place, trigger, file, lookAgain, lookUntil } = await slowLab({ stableSec: 2 }, position);
  t.after(() => place.stop());
  mkdirSync(file('kq-claimed-lefty-old'));
  for (let part = 0; part < 5; part++) {
    appendFileSync(file('kq-claimed-lefty-old/a.csv'), 'x');
    await lookAgain();
    assert.equal(trigger.arrivals.length, 0);
  }
  await lookUntil(() => trigger.arrivals.length === 1);
  await until(() =>
    assert.deepEqual(
      trigger.arrivals.map(({ message }) => message.data),
      ['xxxxx'],
    ),
  );
  await trigger.stop();
});

test('files can come oldest or smallest first, in GBK, and be known by their content', async (t) => {
  const place = await PLACES[0]!.start();
  t.after(() => place.stop());
  const folder = join(place.files, 'in');
  mkdirSync(folder);
  for (const [index, name] of ['c', 'a', 'b'].entries()) {
    writeFileSync(join(folder, name), encodeText(`第${'一'.repeat(3 - index)}`, 'GBK'));
    utimesSync(join(folder, name), index + 1, index + 1);
  }
  const namesBy = async (order: string) => {
    const one = await look(place, { config: { order, afterwards: 'remove', failedFolder: 'failed', doneFolder: 'done' } });
    await until(() => assert.equal(one.arrivals.length, 3));
    await one.stop();
    for (const { message } of one.arrivals)
      writeFileSync(join(folder, message.headers['file-name']!), encodeText(String(message.data), 'UTF-8'));
    return one.arrivals.map(NAME_ONLY);
  };
  const gbk = await look(place, { adapter: { settings: place.settings, charset: 'GBK' }, config: { order: 'time' } });
  await until(() => assert.equal(gbk.arrivals.length, 3));
  await gbk.stop();
  assert.deepEqual(gbk.arrivals.map(NAME_ONLY), ['c', 'a', 'b']);
  assert.equal(gbk.arrivals[0]!.message.data, '第一一一');
  for (const [index, name] of ['c', 'a', 'b'].entries()) writeFileSync(join(folder, name), 'x'.repeat(3 - index));
  assert.deepEqual(await namesBy('size'), ['b', 'a', 'c']);
  const adapter = { adapterId: 'adp_content', settings: place.settings };
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), name === 'c' ? 'other' : 'same');
  const byContent = await look(place, { adapter, config: { identity: 'content' } });
  await until(() => assert.equal(byContent.arrivals.length, 3));
  await byContent.stop();
  assert.equal(new Set(byContent.arrivals.map(({ dedupeKey }) => dedupeKey)).size, 2);
});

test('stopped in the midst, it settles the file under way and leaves the others', async (t) => {
  const place = await PLACES[0]!.start();
  t.after(() => place.stop());
  mkdirSync(join(place.files, 'in'));
  for (const name of ['1', '2', '3']) writeFileSync(join(place.files, 'in', name), name);
  const storing = Promise.withResolvers<void>();
  const trigger = await look(place, {
    async onArrival() {
      await storing.promise;
      return { status: 'accepted', executionId: 'exe_1' };
    },
  });
  await trigger.next();
  const stopping = trigger.stop();
  storing.resolve();
  await stopping;
  assert.equal(trigger.arrivals.length, 1);
  assert.deepEqual(readdirSync(join(place.files, 'in')).sort(), ['2', '3', 'done', 'failed']);
});

test('a server that accepts and says nothing ends the look with an error', async (t) => {
  const silent = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const settings = { kind: 'ftp', host: '127.0.0.1', port: (silent.address() as AddressInfo).port, user: 'lab' };
  const place = { settings, credential: 'x', files: '', stop: async () => undefined };
  const adapter = { settings, limits: { connectTimeoutMs: 100, timeoutMs: 100 } };
  await assert.rejects(look(place, { adapter }), { code: 'FILE_CONNECT_FAILED', kind: 'transient' });
});

test('a wrong configuration is refused', async () => {
  const settings = { kind: 'local', folder: '/tmp' };
  for (const config of [
    { folder: '../out' },
    { folder: 'in', doneFolder: 'in/' },
    { failedFolder: '/etc' },
    { output: 'text', maxBytes: 100_000_000 },
    { marker: '/ok' },
  ])
    await assert.rejects(listenTrigger(filePoll, { adapter: { settings }, config }), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(listenTrigger(filePoll, { adapter: { settings: { kind: 'sftp', host: 'a.example', user: 'x' } }, config: {} }), {
    code: 'ADAPTER_SETTINGS_WRONG',
  });
  await assert.rejects(listenTrigger(filePoll, { adapter: { settings: { kind: 'ftp', host: 'a.example', user: 'x' } }, config: {} }), {
    code: 'FILE_TLS_REQUIRED',
  });
});
