import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Message } from '../../../engine/contract/values/message.ts';
import type { NodeDefinition } from '../../../engine/contract/node/node.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { PLACES, until, type Place } from './places.ts';
import { startStubFtp } from './stub-ftp.ts';

export type PlaceOf = Pick<Place, 'settings' | 'credential'>;

export async function localPlace(t: TestContext): Promise<Place> {
  const place = await PLACES[0]!.start();
  t.after(() => place.stop());
  return place;
}

/** Runs the node once at a place, and returns the message that it emits. */
export async function run(definition: NodeDefinition, { settings, credential }: PlaceOf, options: RunNodeOptions): Promise<Message> {
  const adapter = { adapterId: `adp_${randomBytes(4).toString('hex')}`, settings, ...options.adapter };
  const outcome = await runNode(definition, { secrets: { '': credential }, ...options, adapter });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!;
}

/** A server that takes its time is waited for; one that says nothing more is given up after the call time-out. */
export async function stalls(t: TestContext, definition: NodeDefinition, config: Record<string, unknown>): Promise<void> {
  const server = await startStubFtp();
  t.after(() => server.stop());
  const adapter = { settings: server.settings, limits: { timeoutMs: 150 } };
  const stalled = run(definition, { settings: server.settings, credential: 'x' }, { adapter, config, data: 'x' });
  await assert.rejects(stalled, { code: 'FILE_NO_ANSWER', kind: 'transient' });
  await until(() => assert.equal(server.sockets.size, 0));
}

/** A cancel ends the connection. */
export async function cancels(t: TestContext, definition: NodeDefinition, config: Record<string, unknown>): Promise<void> {
  const server = await startStubFtp();
  t.after(() => server.stop());
  const stop = new AbortController();
  const cancelled = run(definition, { settings: server.settings, credential: 'x' }, { config, data: 'x', signal: stop.signal });
  await until(() => assert.equal(server.sockets.size, 1));
  stop.abort();
  await assert.rejects(cancelled, { kind: 'transient' });
  await until(() => assert.equal(server.sockets.size, 0));
}

export const SLOW_MS = 150;
