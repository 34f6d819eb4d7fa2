/** An installation apart: control, gateways and workers as processes of their own over one PostgreSQL and one Redis, whose ways can be cut. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { until } from './city.ts';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.ts';
import { BIN } from './platform-process.ts';
import { prepareProxiedServers, startProxiedServers, type ProxiedServers } from './proxied-servers.ts';
import { TEST_ENVIRONMENT } from './outbound.ts';

export interface ApartServers extends ProxiedServers {
  /** Where every process sends its spans. */
  readonly collector: OtlpReceiver;
  /** What makes a process one of this installation. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface RoleProcess {
  readonly child: ChildProcess;
  readonly name: string;
  output(): string;
  /** Resolves with the match as soon as its output has it; fails when it ends before. */
  says(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>;
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** With its exit code. */
  readonly ended: Promise<number | null>;
}

/** Why it cannot be had here, or undefined. */
export function prepareApart(): string | undefined {
  return prepareProxiedServers('postgres');
}

export async function startApartServers(scratch: string): Promise<ApartServers> {
  const [servers, collector] = await Promise.all([startProxiedServers('postgres'), startOtlpReceiver()]);
  return {
    ...servers,
    collector,
    environment: {
      KQ_STORE_ADDRESS: servers.storeAddress,
      KQ_SHARED_ADDRESS: servers.sharedAddress,
      KQ_KEK_FILE: join(scratch, 'city.kek'),
      KQ_OTLP_ADDRESS: collector.address,
    },
    async stop() {
      await Promise.all([servers.stop(), collector.stop()]);
    },
  };
}

/** `args` are those of the command line after `--data <folder>`; each process has its own data folder. */
export function startRole(
  scratch: string,
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  program = BIN,
): RoleProcess {
  const child = spawn(process.execPath, [program, '--data', join(scratch, name), ...args], {
    env: { ...process.env, ...TEST_ENVIRONMENT, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    child,
    name,
    ended,
    output: () => output,
    says: (pattern, withinMs = 150_000) =>
      until(
        `${name} says ${pattern}`,
        async () => {
          if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${output}`);
          return pattern.exec(output) ?? undefined;
        },
        withinMs,
      ),
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
