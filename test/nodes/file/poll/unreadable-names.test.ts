import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenTrigger } from '../../../../engine/testing/listen-trigger.ts';
import filePoll from '../../../../nodes/file/poll.node.ts';
import { encodeText } from '../../../../nodes/shared/charset/text-charset.ts';
import { PLACES, until, type PlaceKind } from '../places.ts';

const CASES: readonly { readonly kind: PlaceKind; readonly names?: string }[] = [
  ...PLACES.map((kind) => ({ kind })),
  ...PLACES.filter(({ name }) => name === 'FTP').map((kind) => ({ kind, names: 'GBK' })),
];

for (const { kind, names } of CASES) {
  const title = `a file whose name cannot be read is reported once: ${kind.name} ${names ?? ''}`;
  test(title, { skip: kind.skip ?? false }, async (t) => {
    const place = await kind.start();
    t.after(() => place.stop());
    const folder = join(place.files, 'in');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const put = (name: Buffer | string) => writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]), '1');
    put(names === 'GBK' ? '检.csv' : encodeText('检验.csv', 'GBK'));
    put('back\\slash.csv');
    put('fine.csv');
    const settings = { ...place.settings, ...(names === undefined ? {} : { nameCharset: names }) };
    const trigger = await listenTrigger(filePoll, {
      secrets: { '': place.credential },
      adapter: { adapterId: `adp_${kind.name}_${names}`, settings },
      config: { folder: 'in', patterns: ['*.csv'], stableSec: 0, everySec: 1, doneFolder: 'done', failedFolder: 'failed' },
    });
    await until(() => assert.equal(trigger.arrivals.length, 1));
    put('later.csv');
    await until(() => assert.equal(trigger.arrivals.length, 2));
    await trigger.stop();
    assert.deepEqual(
      trigger.refusals
        .map(({ code, kind, values }) => [code, kind, values])
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      [
        ['FILE_NAME_UNREADABLE', 'input', { charset: names ?? 'UTF-8' }],
        ['FILE_NAME_UNREADABLE', 'input', { problem: 'form' }],
      ],
    );
    assert.equal(readdirSync(folder).filter((name) => name.endsWith('.csv')).length, 2);
  });
}
