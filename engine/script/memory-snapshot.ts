import type { ScriptMemory } from './create-script-memory.ts';

/** The memory of a script thread at a moment when nothing ran in it. */
export interface MemorySnapshot {
  readonly data: Uint8Array;
  readonly heap: Uint8Array;
}

/**
 * The memory layout of the module in `@jitl/quickjs-wasmfile-release-sync`: data, then the stack, then allocations up
 * to an address called the break. The data contains the current value of the break. A test reads the same values from
 * the module.
 */
export const LAYOUT = { breakAt: 86_864, stackStart: 90_208, stackEnd: 5_333_088 } as const;

/**
 * Copies the whole state of the module while nothing runs in it. The stack is left out, because it is empty then.
 * Memory beyond the break is left out too, because an allocator assumes nothing about it. (The only mutable global of
 * the module is its stack pointer, which is back at its start.)
 */
export function takeSnapshot({ memory }: Pick<ScriptMemory, 'memory'>): MemorySnapshot {
  const bytes = new Uint8Array(memory.buffer);
  return { data: bytes.slice(0, LAYOUT.stackStart), heap: bytes.slice(LAYOUT.stackEnd, breakOf(memory)) };
}

/**
 * Restores the memory of the snapshot. Memory allocated from now on contains nothing of what ran since the snapshot.
 */
export function restoreSnapshot({ memory }: Pick<ScriptMemory, 'memory'>, { data, heap }: MemorySnapshot): void {
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0, LAYOUT.stackEnd + heap.length, breakOf(memory));
  bytes.set(heap, LAYOUT.stackEnd);
  bytes.set(data, 0);
}

function breakOf(memory: ScriptMemory['memory']): number {
  return new DataView(memory.buffer).getUint32(LAYOUT.breakAt, true);
}
