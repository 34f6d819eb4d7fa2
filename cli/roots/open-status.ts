/**
 * Opens the status listener of a process (KQ_STATUS_PORT) and the export of its spans. Both work from the start of the
 * process until all its other parts have stopped.
 */
import { readFile } from 'node:fs/promises';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createHealth } from '../../engine/host/health.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { listenStatus } from '../../engine/host/status-listener.ts';
import type { Host } from './open-host.ts';

export type ReadyChecks = Readonly<Record<string, () => Promise<void> | void>>;

export interface Status {
  /**
   * Called when all parts are open. From then on the process is ready while every check passes, until it begins to
   * stop. It is not ready while `isDrained` returns true.
   */
  started(checks: ReadyChecks, isDrained?: () => boolean): void;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const SHORTEST_TOKEN = 16;

export async function openStatus({ settings, clock, log, metrics, tracer, tls }: Host, life: Life): Promise<Status> {
  const { statusPort, metricsTokenFile, bindHost } = settings;
  const health = createHealth(clock);
  let isStarted = false;
  if (tracer !== undefined) life.own('tracer', () => tracer.close());
  if (statusPort !== undefined) {
    const listener = await listenStatus({
      host: bindHost,
      port: statusPort,
      ...(LOOPBACK.has(bindHost) ? {} : { tls }),
      report: () => (isStarted ? health.report() : undefined),
      metricsText: () => metrics.text(),
      ...(metricsTokenFile === undefined ? {} : { metricsToken: await readToken(metricsTokenFile) }),
    });
    life.own('status', () => listener.close());
    log.info('status.listening', { address: listener.address });
  }
  return {
    started(checks, isDrained) {
      for (const [name, check] of Object.entries(checks)) health.add(name, check);
      if (isDrained !== undefined) health.drainWhile(isDrained);
      isStarted = true;
      life.own('readiness', () => health.drain());
    },
  };
}

async function readToken(file: string): Promise<string> {
  const token = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  if (token.length >= SHORTEST_TOKEN) return token;
  throw new AppError(
    'METRICS_TOKEN_INVALID',
    'input',
    `The file ${file} does not contain a token of at least ${SHORTEST_TOKEN} characters.`,
    {
      values: { file },
      fix: `Create one: openssl rand -hex 32 > ${file}`,
    },
  );
}
