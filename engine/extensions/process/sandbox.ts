/**
 * The environment of an extension's code inside its process: QuickJS as WebAssembly. The code has the language and what
 * `PRELUDE` gives it, and nothing of Node: no modules, files, sockets, timers or environment. Each call has a realm of
 * its own, because flows of different domains call the same extension: what a call leaves behind ends with it.
 */
import variant from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant, Scope, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten-core';
import { createScriptMemory } from '../../script/create-script-memory.ts';
import { PRELUDE } from './prelude.ts';

const STACK_BYTES = 256 * 1024;
/** Copies of messages on their way in and out, in addition to the limit of the extension. */
const MESSAGE_BYTES = 48 * 1024 * 1024;
const FILE = 'extension.mjs';

export interface Sandbox {
  /** The verbs that the code has. */
  readonly verbs: readonly string[];
  /** Loads the code in a realm for one call. Throws if the code fails. `send` gets what the code says, as JSON. */
  open(send: (kind: string, text: string) => void): Realm;
  /** True once an allocation was refused. */
  isFull(): boolean;
}

export interface Realm {
  /** Hands a message of the engine to the code, and runs it until it waits. */
  receive(text: string): void;
  close(): void;
}

export interface SandboxDeps {
  readonly code: string;
  readonly memoryMb: number;
  /** Called many times while code runs. */
  readonly watch: () => void;
}

/** Loads the code once to see which verbs it has. Throws if it fails, or if it exports no `nodes`. */
export async function createSandbox({ code, memoryMb, watch }: SandboxDeps): Promise<Sandbox> {
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

  function open(send: (kind: string, text: string) => void): Realm & Pick<Sandbox, 'verbs'> {
    const scope = new Scope();
    try {
      // A runtime for each realm, so that jobs which code left behind end with it too.
      const runtime = scope.manage(quickjs.newRuntime());
      runtime.setMaxStackSize(STACK_BYTES);
      runtime.setInterruptHandler(() => {
        watch();
        return false;
      });
      const context = scope.manage(runtime.newContext());
      const take = (result: ReturnType<QuickJSContext['evalCode']>) => scope.manage(unwrap(result));
      const runJobs = () => {
        const ran = runtime.executePendingJobs();
        // What a job throws was not awaited by the call, so nobody waits for it.
        if ('error' in ran && ran.error !== undefined) ran.error.dispose();
      };
      const entry = take(context.evalCode(PRELUDE, 'prelude.js'));
      const sender = scope.manage(context.newFunction('send', (kind, text) => send(context.getString(kind), context.getString(text))));
      // QuickJS starts its own random numbers from the time in milliseconds: realms of the same one would agree.
      const random = scope.manage(context.newFunction('random', () => context.newNumber(Math.random())));
      const prepare = take(context.callFunction(entry, context.undefined, sender, random));
      const module = take(context.evalCode(code, FILE, { type: 'module' }));
      runJobs();
      const api = take(context.callFunction(prepare, context.undefined, settled(context, module, scope)));
      const receiver = scope.manage(context.getProp(api, 'receive'));
      const verbs = scope.manage(context.getProp(api, 'verbs')).consume((handle) => context.dump(handle) as readonly string[]);
      return {
        verbs,
        receive(text) {
          const result = context.newString(text).consume((given) => context.callFunction(receiver, context.undefined, given));
          result.dispose();
          runJobs();
        },
        close: () => scope.dispose(),
      };
    } catch (error) {
      scope.dispose();
      throw error;
    }
  }
  const first = open(() => undefined);
  first.close();
  return { verbs: first.verbs, open, isFull: () => isFull };
}

/** Returns the exports of the module. With a top-level `await`, the module is a promise, which must be settled already. */
function settled(context: QuickJSContext, module: QuickJSHandle, scope: Scope): QuickJSHandle {
  const state = context.getPromiseState(module);
  if (state.type === 'fulfilled') return scope.manage(state.value);
  if (state.type === 'rejected') state.error.dispose();
  throw new Error(state.type === 'rejected' ? 'the module failed' : 'the module waits');
}

function unwrap(result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
  if (result.error === undefined) return result.value;
  result.error.dispose();
  throw new Error('the code failed');
}
