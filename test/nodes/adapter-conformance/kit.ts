/** The cases that every adapter owes, run against its real server: see docs/add-an-adapter.md. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { openBench, type Bench } from './bench.ts';
import { arrivalCases } from './cases/arrivals.ts';
import { certificateCases } from './cases/certificates.ts';
import { largeCases } from './cases/large.ts';
import { outageCases } from './cases/outages.ts';
import { restartCases } from './cases/restart.ts';
import { CASES, type Subject } from './subject.ts';

const LIMIT = { timeout: 120_000 };
const table = new URL('../../../docs/add-an-adapter.md', import.meta.url);

export function describeAdapter(subject: Subject): void {
  describe(`adapter conformance: ${subject.name}`, { skip: subject.skip ?? false }, () => {
    let bench: Bench;
    before(async () => (bench = await openBench(subject)));
    after(async () => {
      await bench?.proxy.stop();
      await bench?.other.stop();
    });
    const run = (name: string, work: (bench: Bench) => Promise<void>): void => {
      it(name, LIMIT, async () => {
        bench.proxy.heal();
        await work(bench);
      });
    };

    it('its row in docs/add-an-adapter.md says which cases it has', () => assert.ok(readFileSync(table, 'utf8').includes(rowOf(subject))));
    run('what it does here works, and the connection test succeeds', works);
    for (const cases of [outageCases, certificateCases, restartCases, arrivalCases, largeCases])
      for (const [name, { of, work }] of Object.entries(cases)) if (subject.without[of] === undefined) run(name, work);
    run('no connection and no timer is left', leavesNothing);
  });
}

/** The row of the table that a subject must have. */
function rowOf({ name, without }: Subject): string {
  const cells = CASES.map((one) => (without[one] === undefined ? '✓' : '–'));
  return `| ${[name, ...cells].join(' | ')} |`;
}

async function works({ other, place, optionsAt, marker, probe }: Bench): Promise<void> {
  const options = optionsAt(place, undefined, {});
  const { ok, steps } = await probe(options);
  assert.ok(ok, JSON.stringify(steps));
  for (const act of other.acts) {
    const sent = marker();
    await act.run(sent, options);
    if (act.count !== undefined) assert.equal(await act.count(sent), 1, act.name);
  }
}

const OURS = new Set(['TCPSocketWrap', 'TLSWrap', 'TCPServerWrap', 'Timeout']);
const HANDLES_WITHIN_MS = 15_000;

async function leavesNothing({ proxy }: Bench): Promise<void> {
  const end = Date.now() + HANDLES_WITHIN_MS;
  for (;;) {
    // The server of the proxy, and nothing else.
    const left = process.getActiveResourcesInfo().filter((name) => OURS.has(name));
    if (proxy.connections() === 0 && left.join() === 'TCPServerWrap') return;
    assert.ok(Date.now() < end, `left: ${left.join(', ')}; ${proxy.connections()} connections through the proxy`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
