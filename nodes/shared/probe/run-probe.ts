/** Runs the steps of a connection test, and collects what went over its connections. */
import { toErrorRecord } from '../../../engine/contract/values/errors.ts';
import type { Health, ProbeCertificate, ProbeContext, ProbeStep } from '../../../engine/contract/node/probe.ts';
import type { Text } from '../../../engine/contract/values/texts.ts';
import { hideInStep, SecretValues } from './secret-values.ts';
import { watchSockets, type Phase } from './watch-sockets.ts';
import { showExchange, type WireFormat } from './wire-formats.ts';

export interface ProbeSteps {
  /** Runs one step; its result is shown as the detail. After a failed step no further step runs. */
  run(name: Text, step: () => Promise<string> | string): Promise<void>;
  /** Hides a secret that is no credential, such as a token that was given for one. */
  hide(secret: string): void;
}

const PHASES: Readonly<Record<Phase['kind'], Text>> = {
  connected: { 'zh-CN': 'TCP 连接', en: 'TCP connection' },
  secure: { 'zh-CN': 'TLS 握手', en: 'TLS handshake' },
};
/** A client may connect to many servers of a cluster; the first ones say enough. */
const MAX_PHASES = 8;

/**
 * Runs `probe`. Each step is reported as soon as it ends. Connecting and the TLS handshake of a socket that a step opens
 * are steps of their own, so a probe need not separate them. `format` says how a login looks on the wire, so that its
 * secrets are hidden.
 */
export async function runProbe(
  given: ProbeContext,
  format: WireFormat,
  probe: (ctx: ProbeContext, steps: ProbeSteps) => Promise<void>,
): Promise<Health> {
  const { clock, report } = given;
  const secrets = new SecretValues();
  const watch = watchSockets();
  const steps: ProbeStep[] = [];
  const isOk = () => steps.every(({ ok }) => ok);
  const add = (step: ProbeStep) => {
    const shown = hideInStep(step, secrets);
    steps.push(shown);
    report?.(shown);
  };
  const run: ProbeSteps['run'] = async (name, step) => {
    if (!isOk()) return;
    let since = clock.monotonic();
    let phases = 0;
    const onPhase = (phase: Phase) => {
      if (phases++ >= MAX_PHASES) return;
      const now = clock.monotonic();
      add({ ...toldOf(phase), ok: true, durationMs: now - since });
      since = now;
    };
    const settled = await watch.during(onPhase, () => attempt(step));
    const unfinished = settled.ok ? undefined : watch.unfinished();
    const told = unfinished === undefined ? { name } : toldOf(unfinished);
    add({ ...told, ...settled, durationMs: clock.monotonic() - since });
  };
  const secret = async (name?: string) => secrets.add(await given.secret(name));
  await probe({ ...given, secret }, { run, hide: (token) => void secrets.add(token) });
  const exchanges = watch.connections().map((connection) => showExchange(connection, format, secrets));
  return { ok: isOk(), steps, ...(exchanges.length === 0 ? {} : { exchanges }) };
}

function toldOf(phase: Phase): { name: Text; detail?: string; certificate?: ProbeCertificate } {
  const name = PHASES[phase.kind];
  if (phase.kind === 'connected') return { name, detail: phase.target };
  return { name, ...(phase.certificate === undefined ? {} : { certificate: phase.certificate }) };
}

async function attempt(step: () => Promise<string> | string): Promise<Pick<ProbeStep, 'ok' | 'detail' | 'error'>> {
  try {
    return { ok: true, detail: await step() };
  } catch (thrown) {
    const error = toErrorRecord(thrown);
    return { ok: false, detail: error.message, error };
  }
}
