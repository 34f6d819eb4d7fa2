/** Programs of a bench run in processes of their own, so that each has its event loop and its CPU time can be read apart. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Program<Request = never, Answer = never> {
  /** Where it listens; 0 when it does not. */
  readonly port: number;
  /** CPU time (user and system, all threads) since it started, in milliseconds. */
  cpuMs(): Promise<number>;
  ask(request: Request): Promise<Answer>;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

/** The programs of this checkout. */
const PROGRAMS = new URL('../programs/', import.meta.url);

/**
 * Starts `programs/<name>.ts` with options, which must be JSON. With the environment variable `BENCH_CPU_PROF=<name>` that program leaves a
 * profile in `.cache/profiles`. `programs`: the folder of another checkout.
 */
export async function startProgram<Request = never, Answer = never>(
  name: string,
  options: unknown,
  programs = PROGRAMS,
  nodeArguments: readonly string[] = [],
): Promise<Program<Request, Answer>> {
  const profiling = process.env['BENCH_CPU_PROF'] === name ? ['--cpu-prof', '--cpu-prof-dir=.cache/profiles'] : [];
  const child = fork(new URL(`${name}.ts`, programs), [JSON.stringify(options)], {
    execArgv: [...nodeArguments, ...profiling],
    serialization: 'advanced',
  });
  const receive = receiver(child, name);
  const { port } = await bounded(receive<{ port: number }>(), name);
  const send = <Result>(message: object): Promise<Result> => {
    child.send(message);
    return receive<Result>();
  };
  return {
    port,
    cpuMs: () => send<number>({ kind: 'cpu' }),
    ask: (request) => send<Answer>({ kind: 'ask', request }),
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Answers come in the order of the questions. */
function receiver(child: ChildProcess, name: string): <Result>() => Promise<Result> {
  const waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
  child.on('message', (message) => waiting.shift()?.resolve(message));
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the program ${name} ended with ${String(code)}`));
  });
  return <Result>() => new Promise<Result>((resolve, reject) => waiting.push({ resolve: resolve as (value: unknown) => void, reject }));
}

function bounded<Result>(work: Promise<Result>, name: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the program ${name} was not ready in time`)), START_LIMIT_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export interface Served<Request, Answer> {
  readonly port: number;
  answer?(request: Request): Promise<Answer>;
  stop(): Promise<void> | void;
}

/** The other side of `startProgram`: called once by each program. */
export async function serveProgram<Options, Request = never, Answer = never>(
  start: (options: Options) => Promise<Served<Request, Answer>>,
): Promise<void> {
  const served = await start(JSON.parse(process.argv[2] ?? '{}') as Options);
  process.on('message', (message: { kind: 'cpu' } | { kind: 'ask'; request: Request }) => {
    if (message.kind === 'ask') void served.answer!(message.request).then((answer) => process.send!(answer));
    else {
      const { user, system } = process.cpuUsage();
      process.send!((user + system) / 1000);
    }
  });
  process.on('disconnect', () => {
    setTimeout(() => process.exit(0), STOP_LIMIT_MS - 1_000).unref();
    void Promise.resolve(served.stop()).then(() => process.exit(0));
  });
  process.send!({ port: served.port });
}
