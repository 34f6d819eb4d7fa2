/** Reads the state of this process and its machine: memory, disk, event loop delay. */
import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface MachineState {
  readonly uptimeSec: number;
  readonly memory: {
    readonly processBytes: number;
    readonly heapBytes: number;
    readonly machineFreeBytes: number;
    readonly machineTotalBytes: number;
  };
  /** Space in the file system with the data folder; absent if it cannot be read. */
  readonly disk?: { readonly freeBytes: number; readonly totalBytes: number };
  /** How late timers fired since the last reset. A read resets the measurement if it covers more than a minute. */
  readonly eventLoopDelay: { readonly meanMs: number; readonly p99Ms: number; readonly maxMs: number };
  readonly versions: { readonly node: string; readonly sqlite: string; readonly openssl: string };
}

export interface Machine {
  read(): Promise<MachineState>;
}

const RESOLUTION_MS = 20;
const WINDOW_MS = 60_000;
const NS_PER_MS = 1e6;

export function openMachine(dataFolder: string): Machine {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let since = performance.now();
  return {
    async read() {
      const { rss, heapUsed } = process.memoryUsage();
      // The histogram measures the whole time between two ticks. The delay is the part that exceeds the tick interval.
      const late = (ns: number) => Math.max(0, Math.round((Number.isNaN(ns) ? 0 : ns / NS_PER_MS - RESOLUTION_MS) * 10) / 10);
      const eventLoopDelay = { meanMs: late(delay.mean), p99Ms: late(delay.percentile(99)), maxMs: late(delay.max) };
      if (performance.now() - since > WINDOW_MS) {
        delay.reset();
        since = performance.now();
      }
      const disk = await diskOf(dataFolder);
      const { node, openssl, sqlite = '' } = process.versions;
      return {
        uptimeSec: Math.round(process.uptime()),
        memory: { processBytes: rss, heapBytes: heapUsed, machineFreeBytes: freemem(), machineTotalBytes: totalmem() },
        ...(disk === undefined ? {} : { disk }),
        eventLoopDelay,
        versions: { node, sqlite, openssl },
      };
    },
  };
}

async function diskOf(folder: string): Promise<MachineState['disk']> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    // Some file systems do not report their free space. The system page then shows no value.
    return undefined;
  }
}
