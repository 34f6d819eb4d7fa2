import type { ScriptMemory } from './create-script-memory.ts';

/** What the memory of a script thread held at a time when nothing ran in it. */
export interface MemorySnapshot {
  readonly data: Uint8Array;
  readonly heap: Uint8Array;
}

/**
 * How the module in `@jitl/quickjs-wasmfile-release-sync` lays its memory out: data, then the stack, then what it allocates, up to the break,
 * which stands in its data. A test reads the same from the module itself.
 */
export const LAYOUT = { breakAt: 86_864, stackStart: 90_208, stackEnd: 5_333_088 } as const;

/**
 * The whole state of the module while nothing runs in it. The stack is left out: it holds nothing then. So is what lies beyond the break,
 * of which an allocator believes nothing. (The module's only mutable global is its stack pointer, which is back where it began.)
 */
export function takeSnapshot({ memory }: Pick<ScriptMemory, 'memory'>): MemorySnapshot {
  const bytes = new Uint8Array(memory.buffer);
  return { data: bytes.slice(0, LAYOUT.stackStart), heap: bytes.slice(LAYOUT.stackEnd, breakOf(memory)) };
}

/** Puts the memory back to what it held then; nothing of what ran since is left in what is allocated from it. */
export function restoreSnapshot({ memory }: Pick<ScriptMemory, 'memory'>, { data, heap }: MemorySnapshot): void {
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0, LAYOUT.stackEnd + heap.length, breakOf(memory));
  bytes.set(heap, LAYOUT.stackEnd);
  bytes.set(data, 0);
}

function breakOf(memory: ScriptMemory['memory']): number {
  return new DataView(memory.buffer).getUint32(LAYOUT.breakAt, true);
}
