/**
 * A TCP proxy that misbehaves on command. In a test: `startFaultProxy({ targetPort })` and its methods. As a separate process:
 * `node test/servers/fault-proxy.ts <targetPort> [listenPort]` prints `READY <port>` and takes the methods as lines of its standard input,
 * for example `cut`, `refuse`, `accept`, `delay 200`, `throttle 10000`, `swallow`, `heal`; each is answered by `OK <line>`.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface FaultProxy {
  readonly port: number;
  /** Connections that are open now. */
  connections(): number;
  /** Resets every open connection; new ones are taken. */
  cut(): void;
  /** Resets every open connection, and each new one at once, until `accept` or `heal`. */
  refuse(): void;
  accept(): void;
  /** Every chunk of both directions arrives so much later. */
  delay(ms: number): void;
  /** At most so many bytes a second, for each connection and direction. */
  throttle(bytesPerSecond: number): void;
  /** Half-open: bytes are accepted and dropped in both directions, and no side sees an end. New connections behave the same. */
  swallow(): void;
  /** Of the chunks towards the server that have this text, each `every`-th arrives, but the connection is reset instead of its answer. */
  loseAnswers(text: string, every: number): void;
  /** How many answers were lost. */
  lost(): number;
  /** Of the next chunk from the server only the first half arrives, then the connection is reset; so with every connection. */
  cutAnswers(): void;
  /** Of each new connection so many chunks from the server arrive, then it is ended, as when the process of the server ends. */
  cutAfter(chunks: number): void;
  /** All as it should be; connections that swallowed bytes are reset, since their streams have gaps. */
  heal(): void;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  readonly targetPort: number;
  readonly targetHost?: string;
  /** 0: any free one. */
  readonly port?: number;
}

interface Faults {
  refuses: boolean;
  swallows: boolean;
  delayMs: number;
  bytesPerSecond: number;
  cutsAnswers: boolean;
  chunksUntilCut: number;
  losing: { readonly text: string; readonly every: number; seen: number; lost: number } | undefined;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  hasGap: boolean;
  /** The next answer is lost. */
  losesAnswer: boolean;
  /** Chunks from the server that may still arrive. */
  chunksLeft: number;
}

const NONE: Faults = {
  refuses: false,
  swallows: false,
  delayMs: 0,
  bytesPerSecond: Infinity,
  cutsAnswers: false,
  chunksUntilCut: Infinity,
  losing: undefined,
};

export async function startFaultProxy({ targetPort, targetHost = '127.0.0.1', port = 0 }: FaultProxyOptions): Promise<FaultProxy> {
  let faults: Faults = { ...NONE };
  const pairs = new Set<Pair>();
  const server = createServer({ noDelay: true }, (near) => {
    if (faults.refuses) return near.resetAndDestroy();
    const far = connect({ host: targetHost, port: targetPort, noDelay: true });
    const pair: Pair = { near, far, hasGap: false, losesAnswer: false, chunksLeft: faults.chunksUntilCut };
    pairs.add(pair);
    forward(near, far, pair, () => faults);
    forward(far, near, pair, () => faults);
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        if (near.destroyed && far.destroyed) pairs.delete(pair);
        // A half-open connection tells neither side that the other has gone.
        else if (faults.swallows) pair.hasGap = true;
        else reset(pair);
      });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  const cutAll = () => [...pairs].forEach(reset);
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => pairs.size,
    cut: cutAll,
    refuse() {
      faults.refuses = true;
      cutAll();
    },
    accept: () => void (faults.refuses = false),
    delay: (ms) => void (faults.delayMs = ms),
    throttle: (bytesPerSecond) => void (faults.bytesPerSecond = bytesPerSecond),
    swallow: () => void (faults.swallows = true),
    loseAnswers: (text, every) => void (faults.losing = { text, every, seen: 0, lost: 0 }),
    lost: () => faults.losing?.lost ?? 0,
    cutAnswers: () => void (faults.cutsAnswers = true),
    cutAfter: (chunks) => void (faults.chunksUntilCut = chunks),
    heal() {
      faults = { ...NONE };
      for (const pair of pairs) if (pair.hasGap) reset(pair);
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}

/** Keeps the order of the chunks whatever the delays; reading stops while a chunk is held back. */
function forward(from: Socket, to: Socket, pair: Pair, faults: () => Faults): void {
  let tail = Promise.resolve();
  from.on('data', (chunk) => {
    const { swallows, delayMs, bytesPerSecond, cutsAnswers, losing } = faults();
    if (cutsAnswers && from === pair.far) {
      // A reset would drop what the other side has not read yet.
      from.pause();
      to.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => setTimeout(() => reset(pair), 20));
      return;
    }
    if (from === pair.far && --pair.chunksLeft < 0) {
      for (const socket of [pair.near, pair.far]) socket.destroy();
      return;
    }
    if (pair.losesAnswer && from === pair.far) {
      pair.losesAnswer = false;
      if (losing !== undefined) losing.lost += 1;
      return reset(pair);
    }
    if (losing !== undefined && from === pair.near && chunk.includes(losing.text)) {
      losing.seen += 1;
      pair.losesAnswer = losing.seen % losing.every === 0;
    }
    if (swallows || pair.hasGap) {
      pair.hasGap = true;
      return;
    }
    const pauseMs = delayMs + (1000 * chunk.length) / bytesPerSecond;
    if (pauseMs > 0) {
      // Delay is latency, chunks overlap; throttling is one after the other.
      const isPaced = bytesPerSecond !== Infinity;
      if (isPaced) from.pause();
      const held = sleep(pauseMs);
      tail = tail
        .then(() => held)
        .then(() => {
          if (isPaced) from.resume();
          deliver(to, chunk, from);
        });
      return;
    }
    tail = tail.then(() => deliver(to, chunk, from));
  });
  from.once('end', () => void tail.then(() => faults().swallows || to.end()));
}

function deliver(to: Socket, chunk: Buffer, from: Socket): void {
  if (!to.writable || to.write(chunk)) return;
  from.pause();
  to.once('drain', () => from.resume());
}

function reset({ near, far }: Pair): void {
  // One that is shutting down cannot be reset: Node 24 would keep its handle, and spin at exit.
  for (const socket of [near, far])
    if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

async function runAsProcess(): Promise<void> {
  const [targetPort, port = '0'] = process.argv.slice(2);
  const proxy = await startFaultProxy({ targetPort: Number(targetPort), port: Number(port) });
  const commands = new Map<string, (value: number) => void>([
    ['cut', () => proxy.cut()],
    ['refuse', () => proxy.refuse()],
    ['accept', () => proxy.accept()],
    ['delay', (value) => proxy.delay(value)],
    ['throttle', (value) => proxy.throttle(value)],
    ['swallow', () => proxy.swallow()],
    ['cut-answers', () => proxy.cutAnswers()],
    ['heal', () => proxy.heal()],
  ]);
  console.log(`READY ${proxy.port}`);
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = '', value] = line.trim().split(' ');
    const command = commands.get(name);
    command?.(Number(value));
    console.log(`${command ? 'OK' : 'UNKNOWN'} ${line.trim()}`);
  }
  await proxy.stop();
}

if (import.meta.main) await runAsProcess();
