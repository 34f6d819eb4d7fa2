/**
 * The environment of an extension's code inside its process: QuickJS as WebAssembly. The code has the language and what
 * `PRELUDE` gives it, and nothing of Node: no modules, files, sockets, timers or environment.
 */
import variant from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten-core';
import { createScriptMemory } from '../../script/create-script-memory.ts';
import { PRELUDE } from './prelude.ts';

const STACK_BYTES = 256 * 1024;
/** Copies of messages on their way in and out, in addition to the limit of the extension. */
const MESSAGE_BYTES = 48 * 1024 * 1024;
const FILE = 'extension.mjs';

export interface Sandbox {
  /** Hands a message of the engine to the code, and runs it until it waits. */
  receive(text: string): void;
  /** True once an allocation was refused. */
  isFull(): boolean;
}

export interface SandboxDeps {
  readonly code: string;
  readonly memoryMb: number;
  /** Gets each message of the code, as JSON. */
  readonly send: (text: string) => void;
  /** Called many times while code runs. */
  readonly watch: () => void;
}

/** Loads the code. Throws if it fails, or if it exports no `nodes`. Returns the verbs that it has. */
export async function createSandbox({ code, memoryMb, send, watch }: SandboxDeps): Promise<{ sandbox: Sandbox; verbs: readonly string[] }> {
  const { memory, allow } = createScriptMemory();
  const grow = memory.grow;
  let isFull = false;
  const growAndNote = (pages: number): number => {
    try {
      return grow(pages);
    } catch (error) {
      isFull = true;
      throw error;
    }
  };
  memory.grow = growAndNote;
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant('default' in variant ? variant.default : variant, { wasmMemory: memory }),
  );
  allow(memoryMb * 1024 * 1024 + MESSAGE_BYTES);
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  runtime.setInterruptHandler(() => {
    watch();
    return false;
  });
  const context = runtime.newContext();
  const entry = unwrap(context, context.evalCode(PRELUDE, 'prelude.js'));
  const sender = context.newFunction('send', (text) => send(context.getString(text)));
  const module = unwrap(context, context.evalCode(code, FILE, { type: 'module' }));
  runJobs();
  const api = unwrap(context, context.callFunction(entry, context.undefined, sender, settled(context, module)));
  const receiver = context.getProp(api, 'receive');
  const verbs = context.dump(context.getProp(api, 'verbs')) as readonly string[];

  function runJobs(): void {
    const ran = runtime.executePendingJobs();
    // What a job throws was not awaited by any call, so nobody waits for it.
    if ('error' in ran && ran.error !== undefined) ran.error.dispose();
  }
  const sandbox: Sandbox = {
    receive(text) {
      const given = context.newString(text);
      const result = context.callFunction(receiver, context.undefined, given);
      given.dispose();
      if (result.error === undefined) result.value.dispose();
      else result.error.dispose();
      runJobs();
    },
    isFull: () => isFull,
  };
  return { sandbox, verbs };
}

/** Returns the exports of the module. With a top-level `await`, the module is a promise, which must be settled already. */
function settled(context: QuickJSContext, module: QuickJSHandle): QuickJSHandle {
  const state = context.getPromiseState(module);
  if (state.type === 'fulfilled') return state.value;
  if (state.type === 'rejected') throw new Error('the module failed');
  throw new Error('the module waits');
}

function unwrap(context: QuickJSContext, result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
  if (result.error === undefined) return result.value;
  result.error.dispose();
  throw new Error('the code failed');
}
