/**
 * libxslt (XSLT 1.0 with EXSLT) as WebAssembly, for the XSLT thread only: importing this file changes what the library
 * may use in this thread. It has no files, and no stylesheet or document reaches the network (decision 0080).
 */
import fs from 'node:fs';
import type { MainModule } from 'libxslt-wasm/output/libxslt';

/** 512 MB. A document takes about forty times its size while it is copied. */
const MOST_PAGES = 8192;
const MOST_LINES = 40;

/** In pages of 64 KB. */
interface MemoryDescriptor {
  readonly initial: number;
  readonly maximum: number;
}

/** What the library has told since the last call of `takeDiagnostics`. It can quote the document: never hand it on whole. */
let lines: string[] = [];
let hasAskedForFile = false;

// The library writes diagnostics to standard error, which would put payloads into the log.
fs.writeSync = ((_fd: number, text: unknown) => {
  const line = String(text);
  if (/I\/O error|fetchExternalEntity/.test(line)) hasAskedForFile = true;
  if (lines.length < MOST_LINES) lines.push(line.trim());
  return line.length;
}) as typeof fs.writeSync;
const refuse = () => Promise.resolve(new Response(null, { status: 403 }));
globalThis.fetch = refuse;
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: { Memory: new (descriptor: MemoryDescriptor) => object } };
class BoundedMemory extends WebAssembly.Memory {
  constructor(descriptor: MemoryDescriptor) {
    super({ ...descriptor, maximum: Math.min(descriptor.maximum, MOST_PAGES) });
  }
}
WebAssembly.Memory = BoundedMemory;
const { default: createModule } = await import('libxslt-wasm/output/libxslt');

/** Returns a new instance, so that nothing of one message reaches another, and a failed one is left behind. */
export async function loadLibrary(): Promise<MainModule> {
  const library = await createModule();
  library._exsltCommonRegister();
  library._exsltMathRegister();
  library._exsltSetsRegister();
  library._exsltStrRegister();
  library._exsltDateRegister();
  library._exsltFuncRegister();
  return library;
}

export function takeDiagnostics(): { readonly lines: readonly string[]; readonly hasAskedForFile: boolean } {
  const taken = { lines, hasAskedForFile };
  lines = [];
  hasAskedForFile = false;
  return taken;
}
