import assert from 'node:assert/strict';
import { openCity } from './city.ts';
import type { Platform } from './platform-process.ts';

/** Saves an adapter for a folder of this machine, which must be among the file roots of the platform. */
export async function saveFolderAdapter(platform: Platform, adapterId: string, folder: string): Promise<void> {
  const city = await openCity(platform);
  const person = await city.person(['analyst']);
  const adapter = {
    ...{ adapterId, revision: 0, name: { 'zh-CN': '目录', en: 'Folder' }, protocol: 'file', owner: '', domain: 'sh-city' },
    environments: { DEV: { kind: 'local', folder } },
  };
  const saved = await person.call('PUT', `/adapters/${adapterId}`, adapter);
  assert.equal(saved.status, 200, saved.text);
  await city.close();
}
