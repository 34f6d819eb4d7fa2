/** One server in a separate process: start on a free port of 127.0.0.1, wait, stop, kill, start again with the same port and folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './free-port.ts';

export interface ServerProcess {
  /** `<scheme>://127.0.0.1:<port>` */
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it the way it likes to be ended. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** On the same port and data, after `stop` or `kill`; ends it first when it still runs. */
  restart(): Promise<void>;
}

export interface ServerProgram {
  readonly name: string;
  readonly scheme: string;
  readonly command: (port: number) => readonly [program: string, ...args: string[]];
  readonly cwd: string;
  /** The environment of this process by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Rejects or answers false while it is not. Asked every 50 ms. */
  readonly isReady: (port: number) => Promise<boolean>;
  readonly port?: number;
  readonly readyWithinMs?: number;
}

export async function startProcess(program: ServerProgram): Promise<ServerProcess> {
  const port = program.port ?? (await freePort());
  let running = await launch(program, port);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return;
    running.child.kill(signal);
    await running.closed;
  };
  return {
    address: `${program.scheme}://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.child.pid as number;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM');
      running = await launch(program, port);
    },
  };
}

/** `kill -9` of a server that has a process for each connection: those end too. */
export async function killAll(server: ServerProcess): Promise<void> {
  const others = childrenOf(server.pid);
  await Promise.all([
    ...others.map(async (pid) => {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }),
    server.kill(),
  ]);
}

function childrenOf(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return children.flatMap((child) => [child, ...childrenOf(child)]);
  } catch {
    return [];
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly closed: Promise<void>;
}

async function launch({ name, command, cwd, env, isReady, readyWithinMs = 30_000 }: ServerProgram, port: number): Promise<Running> {
  const [file, ...args] = command(port);
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  endWithUs(child);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = `${output}${text}`.slice(-2000)));
  child.once('error', (error) => (output += error.message));
  const end = Date.now() + readyWithinMs;
  while (!(await isReady(port).catch(() => false))) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`${name} ended before it was ready: ${output}`);
    if (Date.now() > end) {
      child.kill('SIGKILL');
      throw new Error(`${name} was not ready within ${readyWithinMs} ms: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { child, closed };
}
