/** The memory of a script thread. */
export interface ScriptMemory {
  readonly memory: WasmMemory;
  /** From now on the scripts of this thread may take so many bytes together; beyond, an allocation fails inside the sandbox. */
  allow(bytes: number): void;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The types of Node name it only together with those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Memory: new (size: { initial: number; maximum: number }) => WasmMemory };
};

const PAGE_BYTES = 65_536;
/** What the module asks for to begin with; a realm fits well into it, also the one with JSONata. */
const INITIAL_PAGES = 256;
/** The module's own maximum: 2 GB. */
const MAXIMUM_PAGES = 32_768;

/**
 * Memory that grows no further than it is allowed to. QuickJS alone does not see to that: compiled to WebAssembly it cannot ask how large an
 * allocation is and counts its overhead only, so that its own limit stops many small values, but never a few large ones.
 */
export function createScriptMemory(): ScriptMemory {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
  const grow = memory.grow.bind(memory);
  let limitBytes = Infinity;
  // The glue of the module grows the memory through this method, and takes a refusal for a full machine.
  const growWithin = (pages: number) => {
    if (memory.buffer.byteLength + pages * PAGE_BYTES > limitBytes) throw new RangeError('a script may not take more memory');
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
