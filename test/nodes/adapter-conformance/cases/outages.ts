/** The server is slow, silent, cut off or away, refuses the credential, or has no name. */
import assert from 'node:assert/strict';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { freePort } from '../../../servers/free-port.ts';
import type { Bench } from '../bench.ts';
import type { Act, ActOptions, Case, Place } from '../subject.ts';
import { assertExplained, failureOf } from './checks.ts';

export type Cases = Readonly<Record<string, { readonly of: Case; work(bench: Bench): Promise<void> }>>;

/** Later than the limits of the adapters of the kit. */
const SLOW_MS = 2500;
const RECOVERS_WITHIN_MS = 30_000;

export const outageCases: Cases = {
  'a server that answers too late is given up, and used again once it is in time': {
    of: 'slow',
    async work(bench) {
      bench.proxy.delay(SLOW_MS);
      await opensNothing(bench);
      await losesAnswers(bench, () => bench.proxy.delay(SLOW_MS));
    },
  },
  'a server that accepts and says nothing is given up, and used again once it speaks': {
    of: 'half-open',
    async work(bench) {
      bench.proxy.swallow();
      await opensNothing(bench);
      await losesAnswers(bench, () => bench.proxy.swallow());
    },
  },
  'a connection that is cut in the middle of an answer is an error, and the next one works': {
    of: 'cut',
    async work(bench) {
      bench.proxy.cutAnswers();
      await opensNothing(bench);
      await losesAnswers(bench, () => bench.proxy.cutAnswers());
    },
  },
  'where nobody listens, nothing was sent': {
    of: 'refused',
    async work(bench) {
      await opensNothing(bench, { host: bench.place.host, port: await freePort() });
    },
  },
  'a wrong credential is refused for good, and nobody sees it': {
    of: 'credentials',
    async work({ other, place, optionsAt, marker, secrets, probeFails }) {
      const right = optionsAt(place, other.wrongCredential, {});
      const options = { ...right, adapter: { ...right.adapter, settings: { ...right.adapter.settings, ...other.wrongSettings } } };
      for (const act of other.acts) {
        const sent = marker();
        const error = await failureOf(act.run(sent, options));
        assert.equal(error.kind, 'input', error.message);
        assert.match(error.fix!, /credential/, error.message);
        assertExplained(error, place, secrets);
        if (act.count !== undefined) assert.equal(await act.count(sent), 0);
      }
      await probeFails(options, place);
    },
  },
  'a name that cannot be resolved is named, and nothing was sent': {
    of: 'name',
    async work(bench) {
      const lookUp = (host: string) =>
        Promise.reject(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', hostname: host }));
      const outbound = createOutboundGuard({ isExcepted: () => true, lookUp });
      await opensNothing(bench, { host: 'nowhere.hospital.example', port: bench.place.port, tls: {} }, { outbound });
    },
  },
};

/** A new connection comes to nothing: transient, and nothing is done. The connection test says the same. */
async function opensNothing(bench: Bench, place: Place = bench.place, more: Partial<ActOptions> = {}): Promise<void> {
  const { other, optionsAt, marker, secrets, proxy } = bench;
  for (const act of other.acts) {
    const sent = marker();
    const error = await failureOf(act.run(sent, { ...optionsAt(place), ...more }));
    assertRightKind(error, act);
    assertExplained(error, place, secrets);
    if (error.kind === 'transient') await wasNotDone(act, sent);
  }
  const isSilent = place === bench.place;
  if (!isSilent || other.probesConnectionOnly !== true) await bench.probeFails({ ...optionsAt(place), ...more }, place);
  proxy.heal();
}

/** The connection is there, but the answers do not come: what was not done may be retried, and nothing else. */
async function losesAnswers(bench: Bench, lose: () => void): Promise<void> {
  const { other, place, optionsAt, marker, secrets, proxy } = bench;
  for (const act of other.acts) {
    const options = optionsAt(place);
    await recovers(act, options, bench);
    lose();
    const sent = marker();
    const error = await failureOf(act.run(sent, options));
    assertRightKind(error, act);
    assertExplained(error, place, secrets);
    proxy.heal();
    await recovers(act, options, bench);
    if (error.kind === 'transient' && act.effect === 'write') await wasNotDone(act, sent);
  }
}

async function wasNotDone({ count, name }: Act, marker: string): Promise<void> {
  if (count !== undefined) assert.equal(await count(marker), 0, `${name} was done, but its error is transient`);
}

/** A read may always be retried; after a write, only the node knows. */
export function assertRightKind(error: AppError, act: Act): void {
  assert.ok(isRetried(error, act), `${act.name} (${act.effect}): ${error.code} is ${error.kind}: ${error.message}`);
}

function isRetried({ kind }: AppError, { effect }: Act): boolean {
  return kind === 'transient' || (kind === 'unknown-outcome' && effect !== 'read');
}

/** Works again, without help; what fails meanwhile may be retried. */
export async function recovers(act: Act, options: ActOptions, { marker }: Bench): Promise<void> {
  const end = Date.now() + RECOVERS_WITHIN_MS;
  for (;;) {
    try {
      await act.run(marker(), options);
      return;
    } catch (error) {
      assert.ok(error instanceof AppError, String(error));
      assertRightKind(error, act);
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
