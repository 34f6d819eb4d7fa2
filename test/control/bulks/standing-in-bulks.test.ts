/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
/** A bulk uses the rights and domains that its person has at the turn of each execution, not those at its start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '../../../control/access/actor.ts';
import type { Touched } from '../../../control/access/domains.ts';
import { createBulkJudge } from '../../../control/held/judge-bulk-item.ts';
import { openAccountStore } from '../../../control/auth/account-store.ts';
import { openSessionStore } from '../../../control/auth/session-store.ts';
import type { BulkKind } from '../../../control/held/bulk-store.ts';
import { createBulks } from '../../../control/held/create-bulks.ts';
import type { Role } from '../../../engine/contract/access/access.ts';
import { systemClock as clock } from '../../../engine/host/system-clock.ts';
import type { HeldItem } from '../../../engine/operate/interface.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { putExecution } from '../put-execution.ts';
import { plainSeal } from '../start-control.ts';
import { graph, startWithEngine } from '../start-engine.ts';

const A = 'hospital-a';
const B = 'hospital-b';
const HELD: readonly HeldItem[] = Array.from({ length: 6 }, (_, number) => ({ executionId: `exe_${number}`, epoch: 1 }));

/** Six held executions of one flow in A, and an operator of A; `after` runs when the bulk has acted upon the second one. */
async function setUp(kind: BulkKind, after: (world: World) => unknown, via: 'session' | 'token' = 'session') {
  const documents = createMemoryDocuments({ clock });
  const accounts = await openAccountStore(documents, clock);
  const sessions = await openSessionStore({ documents, crypto: createSoftwareCrypto(), clock });
  const roles: Role[] = ['operator', 'viewer'];
  const account = await accounts.create(
    { name: 'wu', displayName: 'Wu', roles, domains: [A], mustChangePassword: false },
    'Person-of-2026-long!',
  );
  const { session } = via === 'session' ? await sessions.open('wu') : await sessions.issueToken('wu', 'night', 86_400_000);
  const world: World = {
    domains: { execution: A, flow: A },
    change: async (what) => accounts.update('wu', { ...account, ...what }, (await accounts.get('wu'))!.revision),
    signOut: () => sessions.end(session._id),
  };
  const touched =
    (which: 'execution' | 'flow') =>
    (id: string): Promise<Touched> =>
      Promise.resolve({ id, domains: [world.domains[which]] });
  const owners = { execution: touched('execution'), flowOf: touched('flow') } as Parameters<typeof createBulkJudge>[0]['owners'];
  const acted: string[] = [];
  const act = async ({ executionId }: HeldItem) => {
    acted.push(executionId);
    if (acted.length === 2) await after(world);
    return 'done' as const;
  };
  const bulks = await createBulks({
    ...{ documents, seal: plainSeal, clock },
    executions: {
      selectHeld: () => Promise.resolve({ items: HELD, more: false, unknownSkipped: 0 }),
      ...{ retryHeld: act, resendHeld: act, cancelHeld: act, concludeHeld: act },
      bulkOutcome: () => Promise.resolve({ wentOn: 0, heldAgain: 0, failed: 0, underWay: 0 }),
    },
  });
  const actor: Actor = { account: 'wu', roles, domains: [A], via, from: 'test', sessionId: session._id };
  return {
    ...{ acted, world, bulks },
    run: (bulkId?: string) =>
      bulks.run(
        { kind, selection: {}, perSecond: 1000, ...(bulkId === undefined ? {} : { bulkId }) },
        {
          actor: 'wu',
          signal: new AbortController().signal,
          judge: createBulkJudge({ accounts, sessions, owners }, actor, kind),
          progress: () => {},
        },
      ),
  };
}

interface World {
  readonly domains: { execution: string; flow: string };
  readonly change: (what: object) => Promise<unknown>;
  readonly signOut: () => Promise<unknown>;
}

const moved = ({ domains }: World) => (domains.flow = B);

for (const [kind, done] of [
  ['resend', 2],
  ['retry', 6],
] as const) {
  test(`a flow that moves to another domain while a bulk runs: ${kind} acts upon ${done} of six`, async () => {
    const { run, acted } = await setUp(kind, moved);
    const end = await run();
    assert.deepEqual([end.status, end.handled, end.done, end.refused, acted.length], ['done', 6, done, 6 - done, done]);
  });
}

for (const kind of ['retry', 'resend', 'conclude', 'cancel'] as const) {
  test(`a person who loses the domain in the middle: ${kind} leaves the rest as refused`, async () => {
    const { run, acted } = await setUp(kind, ({ change }) => change({ domains: [B] }));
    const end = await run();
    assert.deepEqual([end.status, end.done, end.refused, acted.length], ['done', 2, 4, 2]);
  });

  test(`a person who loses the right in the middle: ${kind} stops, and goes on once they have it again`, async () => {
    const { run, acted, world, bulks } = await setUp(kind, ({ change }) => change({ roles: ['viewer'] }));
    const end = await run();
    assert.deepEqual([end.status, end.stopReason, end.handled, acted.length], ['stopped', 'right-lost', 2, 2]);
    await world.change({});
    await run(end.bulkId);
    const { status, stopReason, done } = (await bulks.get(end.bulkId))!;
    assert.deepEqual([status, stopReason, done], ['done', undefined, 6]);
  });
}

test('a bulk stops, and tells why, when the account of its person is disabled, or the login or token ends', async () => {
  const disabled = await (await setUp('retry', ({ change }) => change({ disabled: true }))).run();
  assert.deepEqual([disabled.status, disabled.stopReason, disabled.handled], ['stopped', 'account-disabled', 2]);
  for (const via of ['session', 'token'] as const) {
    const ended = await (await setUp('retry', ({ signOut }) => signOut(), via)).run();
    assert.deepEqual([ended.status, ended.stopReason, ended.handled], ['stopped', 'signed-out', 2]);
  }
});

test('a bulk resends nothing through a version that serves in another domain, wherever the draft stands', async (t) => {
  const running = await startWithEngine();
  t.after(() => running.stop());
  const { publish, engine, documents } = running;
  const flowIn = (domain: string, revision: number) =>
    graph('flw_feed', { n_in: { type: 'interface.call@1' }, n_reply: { type: 'control.reply@1' } }, ['n_in > n_reply'], {
      domain,
      revision,
    });
  await publish(flowIn(A, 0));
  const held = { node: 'n_reply', reason: 'CODE', outcomeKnown: true, at: Date.now() };
  await putExecution(documents, { flowId: 'flw_feed', domain: A, status: 'held', acceptedAt: Date.now(), traceId: 'trace', held });
  await publish(flowIn(B, 1));
  await engine.catalog.saveDraft(flowIn(A, 2), 'test');
  const operator = await running.person('wu', ['operator'], [A]);
  const { body } = await operator.call('POST', '/held/resend', { flowId: 'flw_feed', reason: 'mended' });
  assert.deepEqual([body.total, body.done, body.refused], [1, 0, 1]);
});
