/** The memory of a script thread. */
export interface ScriptMemory {
  readonly memory: WasmMemory;
  /**
   * Limits how many bytes the scripts of this thread may use in total from now on. An allocation above the limit
   * fails inside the sandbox.
   */
  allow(bytes: number): void;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Declared here, because Node's types only declare it together with browser types. */
declare const WebAssembly: { readonly Memory: new (size: { initial: number; maximum: number }) => WasmMemory };

const PAGE_BYTES = 65_536;
/** The initial size the module requires; a realm fits easily, even with JSONata. */
const INITIAL_PAGES = 256;
/** The maximum number of pages in the module itself: 2 GB. */
const MAXIMUM_PAGES = 32_768;

/**
 * Creates memory that does not grow above its limit. QuickJS's own limit is not enough. As WebAssembly, QuickJS cannot
 * read the size of an allocation, and counts only a fixed overhead for each. So its own limit stops a script with many
 * small values, but not one with a few large values.
 */
export function createScriptMemory(): ScriptMemory {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
  const grow = memory.grow.bind(memory);
  let limitBytes = Infinity;
  // The module's glue code grows the memory through this method, and treats an exception as out of memory.
  const growWithin = (pages: number) => {
    if (memory.buffer.byteLength + pages * PAGE_BYTES > limitBytes) throw new RangeError('a script may not use more memory');
    return grow(pages);
  };
  memory.grow = growWithin;
  return {
    memory,
    allow(bytes) {
      limitBytes = INITIAL_PAGES * PAGE_BYTES + bytes;
    },
  };
}
