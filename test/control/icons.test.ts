import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startControl } from './start-control.ts';

test('serves icons by name to anybody, to be kept for good, and a neutral one for names it does not know', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const iconOf = async (name: string) => {
    const response = await fetch(`${running.control.address}/icons/${name}`);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      cache: response.headers.get('cache-control'),
      text: await response.text(),
    };
  };
  const globe = await iconOf('globe.svg');
  assert.deepEqual([globe.status, globe.type, globe.cache], [200, 'image/svg+xml', 'public, max-age=31536000, immutable']);
  assert.match(globe.text, /^<svg xmlns=.*currentColor.*<\/svg>$/s);
  const box = await iconOf('box.svg');
  for (const name of ['no-such-icon.svg', '__proto__.svg', 'constructor', '%2e%2e%2fsecret']) {
    const unknown = await iconOf(name);
    assert.deepEqual([unknown.status, unknown.text], [200, box.text]);
    assert.doesNotMatch(unknown.cache ?? '', /immutable/);
  }
});
