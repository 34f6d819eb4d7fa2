import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform, type PlatformPorts } from '../support/platform-process.ts';

let scratch: string;
let ports: PlatformPorts;
let platform: Platform;

before(async () => {
  scratch = await makeScratch();
  ports = await choosePorts();
});
after(async () => {
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

test('a newcomer’s start is ready, stops on Ctrl-C, and finds everything as it was at the second start', async () => {
  platform = await startPlatform({ scratch, ports, example: true });
  const firstFlows = await flows(platform);
  assert.deepEqual(firstFlows.map((flow) => flow.flowId).sort(), ['flw_admission', 'flw_appointment', 'flw_reports']);
  assert.ok(firstFlows.every((flow) => flow.publishedVersion === 1));
  const { code } = await platform.end('SIGINT');
  assert.equal(code, 0, platform.output());
  platform = await startPlatform({ scratch, ports, example: true });
  assert.deepEqual(await flows(platform), firstFlows);
  assert.doesNotMatch(platform.output(), /one-time/, 'the first password is told once');
  assert.equal((await platform.end('SIGINT')).code, 0, platform.output());
});

interface Flow {
  readonly flowId: string;
  readonly publishedVersion?: number;
  readonly today?: number;
  readonly listener?: { readonly state: string; readonly since: number };
}

/** What is defined and whether it listens; the number of messages today and the start of the listener change anyway. */
async function flows({ dataFolder, ports: { control } }: Platform): Promise<readonly Flow[]> {
  const { token } = JSON.parse(await readFile(`${dataFolder}/handover/cli-token`, 'utf8')) as { token: string };
  const response = await fetch(`http://127.0.0.1:${control}/api/v1/flows`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200);
  const { items } = (await response.json()) as { items: readonly Flow[] };
  return items.map(({ today, listener, ...flow }) => {
    assert.equal(typeof today, 'number');
    return listener === undefined ? flow : { ...flow, listener: { ...listener, since: 0 } };
  });
}
