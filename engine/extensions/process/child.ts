/**
 * The process of one extension. The engine starts it without environment, files, child processes and threads; it has
 * only two pipes to the engine. The code of the extension runs in the sandbox.
 */
import { encodeFrame, frameReader, MOST_MESSAGE_CHARS } from './frames.ts';
import type { FromProcess, ToProcess } from './protocol.ts';
import { createSandbox, type Realm, type Sandbox } from './sandbox.ts';

/** If the engine was killed, nobody ends a loop from outside. */
const MOST_TURN_MS = 20_000;

let sandbox: Sandbox | undefined;
/** The realms of the calls that run, by the number of the call. */
const realms = new Map<number, Realm>();
let turnEnds = Infinity;

/** What the code said in this turn. It is sent only if the turn ends well. */
let said: FromProcess[] = [];

function send(message: FromProcess): void {
  process.stdout.write(encodeFrame(message));
}

/**
 * Notes what the code of a call said. The code may have changed its own `JSON`, so the text is parsed again, and the
 * call is the one whose realm it came from, and not the one that the text names. The engine checks the rest.
 */
function note(id: number, is: string, text: string): void {
  const message = { ...(JSON.parse(text) as object), is, id } as FromProcess;
  said.push(text.length <= MOST_MESSAGE_CHARS ? message : { is: 'failed', id, name: 'TooLarge', place: '' });
}

function end(fault: 'load' | 'memory'): void {
  process.stdout.write(encodeFrame({ is: 'fault', fault } satisfies FromProcess), () => process.exit(1));
}

async function load({ code, memoryMb }: Extract<ToProcess, { is: 'load' }>): Promise<void> {
  const watch = () => {
    if (performance.now() > turnEnds) process.exit(1);
  };
  try {
    sandbox = await createSandbox({ code, memoryMb, watch });
    send({ is: 'ready', verbs: [...sandbox.verbs] });
  } catch {
    end('load');
  }
}

function open(id: number): void {
  try {
    realms.set(
      id,
      sandbox!.open((is, text) => note(id, is, text)),
    );
  } catch {
    // It was loaded before, so it depends on the time or on chance.
    said.push({ is: 'failed', id, name: 'LoadError', place: '' });
  }
}

function close(id: number): void {
  realms.get(id)?.close();
  realms.delete(id);
}

async function receive(message: ToProcess): Promise<void> {
  if (message.is === 'ping') return send({ is: 'pong' });
  turnEnds = performance.now() + MOST_TURN_MS;
  try {
    if (message.is === 'load') await load(message);
    else if (message.is === 'cancel') close(message.id);
    else {
      if (message.is === 'call') open(message.id);
      realms.get(message.id)?.receive(JSON.stringify(message));
      if (said.some(({ is }) => is === 'result' || is === 'failed')) close(message.id);
    }
  } catch {
    // The sandbox cannot be trusted to be in a sound state any more.
    return end('memory');
  } finally {
    turnEnds = Infinity;
  }
  if (sandbox?.isFull() === true) return end('memory');
  for (const one of said) send(one);
  said = [];
}

process.stdin.on(
  'data',
  frameReader((value) => void receive(value as ToProcess)),
);
process.stdin.on('end', () => process.exit(0));
