/**
 * libxslt (XSLT 1.0 with EXSLT) as WebAssembly, for the XSLT thread only: importing this file changes what the library
 * may use in this thread. It has no files, and no stylesheet or document reaches the network (decision 0080).
 */
import fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { MainModule } from 'libxslt-wasm/output/libxslt';

/** 512 MB. A document takes about forty times its size while it is copied. */
const MOST_PAGES = 8192;
const MOST_LINES = 40;
/** After instances of this size together, their memory is returned before the next one is made. */
const MOST_ABANDONED = 128 * 1024 * 1024;

/** In pages of 64 KB. */
interface MemoryDescriptor {
  readonly initial: number;
  readonly maximum: number;
}

/** What the library has reported since the last call of `takeDiagnostics`. It can quote the document: never hand it on whole. */
let lines: string[] = [];
let hasAskedForFile = false;
/** The memory of the newest instance. */
let newest: { readonly buffer: { readonly byteLength: number } } | undefined;
let abandoned = 0;

// The library writes diagnostics to standard error, which would put payloads into the log.
fs.writeSync = ((_fd: number, text: unknown) => {
  const line = String(text);
  if (/I\/O error|fetchExternalEntity/.test(line)) hasAskedForFile = true;
  if (lines.length < MOST_LINES) lines.push(line.trim());
  return line.length;
}) as typeof fs.writeSync;
const refuse = () => Promise.resolve(new Response(null, { status: 403 }));
globalThis.fetch = refuse;
// The library waits for messages of threads, which it never starts here. The wait never ends and would keep each instance.
(Atomics as { waitAsync: unknown }).waitAsync = undefined;
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { Memory: new (descriptor: MemoryDescriptor) => NonNullable<typeof newest> };
};
class BoundedMemory extends WebAssembly.Memory {
  constructor(descriptor: MemoryDescriptor) {
    super({ ...descriptor, maximum: Math.min(descriptor.maximum, MOST_PAGES) });
    newest = this;
  }
}
WebAssembly.Memory = BoundedMemory;
const { default: createModule } = await import('libxslt-wasm/output/libxslt');

/** Returns a new instance, so that nothing of one message reaches another, and a failed one is left behind. */
export async function loadLibrary(): Promise<MainModule> {
  returnMemory();
  const library = await createModule();
  library._exsltCommonRegister();
  library._exsltMathRegister();
  library._exsltSetsRegister();
  library._exsltStrRegister();
  library._exsltDateRegister();
  library._exsltFuncRegister();
  return library;
}

// V8 does not count the memory of instances, so on its own it collects them far too late.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

function returnMemory(): void {
  abandoned += newest?.buffer.byteLength ?? 0;
  newest = undefined;
  if (abandoned < MOST_ABANDONED) return;
  collectGarbage();
  abandoned = 0;
}

export function takeDiagnostics(): { readonly lines: readonly string[]; readonly hasAskedForFile: boolean } {
  const taken = { lines, hasAskedForFile };
  lines = [];
  hasAskedForFile = false;
  return taken;
}
