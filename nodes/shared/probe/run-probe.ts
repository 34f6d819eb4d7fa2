/** Runs the steps of a connection test, and collects what went over its connections. */
import { AppError, toErrorRecord, type ErrorRecord } from '../../../engine/contract/values/errors.ts';
import type { Health, ProbeCertificate, ProbeContext, ProbeStep } from '../../../engine/contract/node/probe.ts';
import type { Text } from '../../../engine/contract/values/texts.ts';
import { connectSocket, secureSocket } from '../connect-socket.ts';
import { hideInStep, SecretValues } from './secret-values.ts';
import { watchSockets, type Phase } from './watch-sockets.ts';
import { showExchange, type WireFormat } from './wire-formats.ts';

type Step = () => Promise<string> | string;

export interface ProbeSteps {
  /**
   * Runs one step; its result is shown as the detail. After a failed step no further step runs. A step must end within the
   * adapter's limits for connecting and for a call.
   */
  run(name: Text, step: Step): Promise<void>;
  /** Runs a step that needs the credential. If it is missing or unusable, the step still connects to the servers before it fails. */
  logIn(name: Text, way: WayIn, step: Step): Promise<void>;
  /** Hides a secret that is no credential, such as a token that was given for one. */
  hide(secret: string): void;
}

/** How a step would connect. */
export interface WayIn {
  servers(): readonly ProbeServer[];
  /** Returns the error for a connection that failed. */
  failed(server: ProbeServer, cause: unknown): AppError;
}

export interface ProbeServer {
  readonly host: string;
  readonly port: number;
  /** Set if TLS begins with the connection; not if the protocol starts it later. */
  readonly tls?: { readonly ca?: string | undefined; readonly serverName?: string | undefined } | undefined;
}

const PHASES: Readonly<Record<Phase['kind'], Text>> = {
  connected: { 'zh-CN': 'TCP 连接', en: 'TCP connection' },
  secure: { 'zh-CN': 'TLS 握手', en: 'TLS handshake' },
};
/** A client may connect to many servers of a cluster; the first ones say enough. */
const MAX_PHASES = 8;
/** Within this time after the limits, a client should have reported by itself which of them it reached. */
const GRACE_MS = 1000;

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
  const { connectTimeoutMs, timeoutMs } = given.adapter.limits;
  const secrets = new SecretValues();
  const watch = watchSockets();
  const late = new AbortController();
  const signal = AbortSignal.any([given.signal, late.signal]);
  const steps: ProbeStep[] = [];
  const isOk = () => steps.every(({ ok }) => ok);
  const add = (step: ProbeStep) => {
    const shown = hideInStep(step, secrets);
    steps.push(shown);
    report?.(shown);
  };
  const run: ProbeSteps['run'] = async (name, step) => {
    if (!isOk()) return;
    const began = clock.monotonic();
    let since = began;
    let phases = 0;
    const onPhase = (phase: Phase) => {
      if (phases++ >= MAX_PHASES) return;
      const now = clock.monotonic();
      add({ ...toldOf(phase), ok: true, durationMs: now - since });
      since = now;
    };
    const inTime = untilAborted(signal, () => noResult(clock.monotonic() - began));
    const cancel = clock.after(connectTimeoutMs + timeoutMs + GRACE_MS, () => late.abort());
    const settled = await watch
      .during(onPhase, () => attempt(() => Promise.race([step(), inTime.aborted])))
      .finally(() => {
        cancel();
        inTime.stop();
      });
    const unfinished = settled.ok ? undefined : watch.unfinished();
    const told = unfinished === undefined ? { name } : toldOf(unfinished);
    add({ ...told, ...settled, durationMs: clock.monotonic() - since });
  };
  const logIn: ProbeSteps['logIn'] = (name, way, step) =>
    run(name, async () => {
      const opened = watch.connections().length;
      try {
        return await step();
      } catch (error) {
        if (watch.connections().length > opened) throw error;
        for (const server of way.servers())
          await reach(server, { ...given, signal }).catch((cause) => Promise.reject(way.failed(server, cause)));
        throw error;
      }
    });
  const secret = async (name?: string) => secrets.add(await given.secret(name));
  await probe({ ...given, signal, secret }, { run, logIn, hide: (token) => void secrets.add(token) });
  const exchanges = watch.connections().map((connection) => showExchange(connection, format, secrets));
  return { ok: isOk(), steps, ...(exchanges.length === 0 ? {} : { exchanges }) };
}

/** Connects, and ends the connection. The steps of that are seen by the watch. */
async function reach({ host, port, tls }: ProbeServer, { adapter, outbound, signal }: ProbeContext): Promise<void> {
  const { connectTimeoutMs } = adapter.limits;
  const socket = await connectSocket({ host, port, connectTimeoutMs, outbound, signal }, () => new Error('stopped'));
  try {
    if (tls !== undefined) await secureSocket(socket, host, tls);
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

/** `aborted` rejects when the signal aborts, until `stop` is called. */
function untilAborted(signal: AbortSignal, error: () => AppError): { readonly aborted: Promise<never>; stop(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting for it.
  promise.catch(() => undefined);
  const onAbort = () => reject(error());
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return { aborted: promise, stop: () => signal.removeEventListener('abort', onAbort) };
}

function noResult(elapsedMs: number): AppError {
  const elapsed = Math.round(elapsedMs);
  return new AppError('PROBE_NO_RESULT', 'transient', `The step had no result after ${elapsed} ms.`, {
    values: { elapsedMs: elapsed },
    fix: 'Check that the port belongs to this protocol, and that the other side is not overloaded; or raise the time limits of the adapter.',
  });
}

function toldOf(phase: Phase): { name: Text; detail?: string; certificate?: ProbeCertificate } {
  const name = PHASES[phase.kind];
  if (phase.kind === 'connected') return { name, detail: phase.target };
  return { name, ...(phase.certificate === undefined ? {} : { certificate: phase.certificate }) };
}

async function attempt(step: Step): Promise<Pick<ProbeStep, 'ok' | 'detail' | 'error'>> {
  try {
    return { ok: true, detail: await step() };
  } catch (thrown) {
    const error = withAdviceForTest(toErrorRecord(thrown));
    return { ok: false, detail: error.message, error };
  }
}

/** A failed connection advises elsewhere to run this test. */
function withAdviceForTest(error: ErrorRecord): ErrorRecord {
  if (!/_(?:CONNECT_FAILED|UNREACHABLE)$/.test(error.code)) return error;
  const fix = 'Check address and port, firewall, encryption and certificate.';
  return { ...error, fix, values: { ...error.values, problem: 'test' } };
}
