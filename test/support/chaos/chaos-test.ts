import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runChaos } from './run-chaos.ts';
import { prepareProxiedServers, type StoreKind } from '../proxied-servers.ts';

const MESSAGES = 5_000;
/** So slow that every fault finds messages under way. */
const PER_SECOND = 70;

/** One test: 5,000 messages while everything fails that can. The whole run of 100,000 is `npm run bench -- chaos`. */
export function chaosTest(kind: StoreKind, name: string): void {
  it(`loses none of ${MESSAGES} messages on ${name}, doubles none and keeps each patient’s order while processes, servers and connections fail`, async (t) => {
    const missing = prepareProxiedServers(kind);
    if (missing !== undefined) return t.skip(missing);
    const seed = Math.floor(Math.random() * 1_000_000);
    const report = await runChaos({ store: kind, messages: MESSAGES, perSecond: PER_SECOND, seed, tell: (line) => t.diagnostic(line) });
    t.diagnostic(JSON.stringify(report));
    assert.equal(report.acknowledged, MESSAGES, JSON.stringify(report));
  });
}
