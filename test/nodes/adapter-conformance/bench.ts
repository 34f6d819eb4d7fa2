/** One run of the kit: a real server, a proxy in front of it, and adapters that reach it there. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Value } from 'typebox/value';
import type { Health, ProbeStep } from '../../../engine/contract/node/probe.ts';
import { anyFile, anywhere } from '../../../engine/testing/anywhere.ts';
import { resolveAdapter, type TestAdapter } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { startFaultProxy, type FaultProxy } from '../../servers/fault-proxy.ts';
import { freePort } from '../../servers/free-port.ts';
import { assertExplained, secretsOf } from './cases/checks.ts';
import type { ActOptions, OtherSide, Place, Subject } from './subject.ts';

/** A slow answer is one that comes later. */
const LIMITS = { connectTimeoutMs: 1000, timeoutMs: 1000 };
const LOCAL = '127.0.0.1';

export interface Bench {
  readonly subject: Subject;
  readonly other: OtherSide;
  /** Stands before the server; all right at the beginning of a case. */
  readonly proxy: FaultProxy;
  /** Where the proxy is. */
  readonly place: Place;
  readonly secrets: readonly string[];
  marker(): string;
  /** An adapter that no other case uses. */
  optionsAt(place: Place, credential?: string, limits?: TestAdapter['limits']): ActOptions;
  /** The connection test must fail, and say at which step. */
  probeFails(options: ActOptions, place: Place | undefined): Promise<ProbeStep>;
  probe(options: ActOptions): Promise<Health>;
}

export async function openBench(subject: Subject): Promise<Bench> {
  const announced = await freePort();
  const other = await subject.start(announced);
  const proxy = await startFaultProxy({ targetPort: other.port, port: announced });
  const { credential = '', wrongCredential } = other;
  const secrets = secretsOf(credential, wrongCredential);
  const run = randomBytes(3).toString('hex');
  let markers = 0;
  let adapters = 0;
  const probe = ({ adapter, secrets: known, outbound = anywhere }: ActOptions) =>
    other.probe({
      adapter: resolveAdapter(subject.adapter.protocol, adapter),
      ...{ outbound, files: anyFile, clock: wallClock(), signal: new AbortController().signal },
      secret: async () => known['']!,
    });
  return {
    subject,
    other,
    proxy,
    place: { host: LOCAL, port: proxy.port },
    secrets,
    marker: () => `kit-${run}-${String(++markers).padStart(4, '0')}`,
    optionsAt(place, given = credential, limits = LIMITS) {
      const settings = other.settings(place);
      assert.ok(Value.Check(subject.adapter.settings, Value.Default(subject.adapter.settings, structuredClone(settings))), 'settings');
      return { adapter: { adapterId: `adp_${run}_${++adapters}`, settings, limits }, secrets: { '': given } };
    },
    probe,
    async probeFails(options, place) {
      const { ok, steps, exchanges = [] } = await probe(options);
      const bytes = exchanges.flatMap(({ sent, received }) =>
        [sent, received].map(({ content }) => Buffer.from(content, 'base64').toString()),
      );
      for (const secret of secrets)
        assert.ok(
          bytes.every((text) => !text.includes(secret)),
          'the connection test shows a secret',
        );
      assert.equal(ok, false, 'the connection test succeeded');
      const failed = steps.at(-1)!;
      assert.ok(steps.slice(0, -1).every((step) => step.ok) && !failed.ok, JSON.stringify(steps));
      assert.ok(failed.name['zh-CN'] !== '' && failed.name.en !== '');
      assertExplained(failed.error!, place, secrets);
      return failed;
    },
  };
}
