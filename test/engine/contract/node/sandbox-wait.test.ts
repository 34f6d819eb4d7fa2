import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SandboxWait } from '../../../../engine/contract/node/sandbox-wait.ts';

test('counts the time in which it waited for others, over all its jobs', () => {
  const wait = new SandboxWait();
  wait.queued(0);
  wait.started(80);
  wait.ended(500, true);
  assert.equal(wait.reportedMs(500), undefined, 'too short to be told');
  wait.queued(600);
  wait.started(630.4);
  assert.equal(wait.reportedMs(700), 110);
});

test('time in which one of its own jobs runs is no wait', () => {
  const wait = new SandboxWait();
  for (let job = 0; job < 3; job++) wait.queued(0);
  for (let job = 0; job < 3; job++) {
    wait.started(job * 1000);
    wait.ended(job * 1000 + 990, true);
  }
  assert.equal(wait.reportedMs(9000), undefined);
});

test('a job that is given up before its turn has waited until then', () => {
  const wait = new SandboxWait();
  wait.queued(0);
  assert.equal(wait.reportedMs(150), 150, 'it waits still');
  wait.ended(200, false);
  assert.equal(wait.reportedMs(9000), 200);
});
