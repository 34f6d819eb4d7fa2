import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flowSuite } from './flow-suite.ts';

flowSuite('the embedded store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kangqiao-flows-'));
  return {
    address: `embedded:${join(folder, 'store')}`,
    kekFile: join(folder, 'city.kek'),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});
