/**
 * The process of one extension. The engine starts it without environment, files, child processes and threads; it has
 * only two pipes to the engine. The code of the extension runs in the sandbox.
 */
import { encodeFrame, frameReader, MOST_MESSAGE_CHARS } from './frames.ts';
import type { FromProcess, ToProcess } from './protocol.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

/** If the engine was killed, nobody ends a loop from outside. */
const MOST_TURN_MS = 20_000;

let sandbox: Sandbox | undefined;
let turnEnds = Infinity;

/** What the code said in this turn. It is sent only if the turn ends well. */
let said: FromProcess[] = [];

function send(message: FromProcess): void {
  process.stdout.write(encodeFrame(message));
}

/** Sends what the code said. Its own `JSON` may have been changed, so the text is parsed again; the engine checks it. */
function sendText(text: string): void {
  const message = JSON.parse(text) as FromProcess;
  if (text.length <= MOST_MESSAGE_CHARS) said.push(message);
  else if ('id' in message) said.push({ is: 'failed', id: message.id, name: 'TooLarge', place: '' });
}

function end(fault: 'load' | 'memory'): void {
  process.stdout.write(encodeFrame({ is: 'fault', fault } satisfies FromProcess), () => process.exit(1));
}

async function load({ code, memoryMb }: Extract<ToProcess, { is: 'load' }>): Promise<void> {
  const watch = () => {
    if (performance.now() > turnEnds) process.exit(1);
  };
  try {
    const loaded = await createSandbox({ code, memoryMb, send: sendText, watch });
    sandbox = loaded.sandbox;
    send({ is: 'ready', verbs: [...loaded.verbs] });
  } catch {
    end('load');
  }
}

async function receive(message: ToProcess): Promise<void> {
  if (message.is === 'ping') return send({ is: 'pong' });
  turnEnds = performance.now() + MOST_TURN_MS;
  try {
    if (message.is === 'load') await load(message);
    else sandbox?.receive(JSON.stringify(message));
  } catch {
    // The code cannot be trusted to be in a sound state any more.
    return end('memory');
  } finally {
    turnEnds = Infinity;
  }
  if (sandbox?.isFull() === true) return end('memory');
  for (const message of said) send(message);
  said = [];
}

process.stdin.on(
  'data',
  frameReader((value) => void receive(value as ToProcess)),
);
process.stdin.on('end', () => process.exit(0));
