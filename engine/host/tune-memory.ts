import { setFlagsFromString } from 'node:v8';

/**
 * Turns off pretenuring, for processes that serve. Call it first, before any code is hot.
 *
 * V8 watches which literals of hot code live long, and from then on allocates them in the old generation, as long as
 * the process lives ("pretenuring"). A backlog of messages triggers this, and afterwards parts of each message are
 * allocated as old objects. They are dead a moment later, but keep everything they refer to alive until the next full
 * collection, and every minor collection copies those objects. Without pretenuring, minor collections took 4 ms instead
 * of 13 to 20; each pauses all work (500 HL7 messages a second; `npm run bench -- mllp-ack`).
 */
export function tuneMemory(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
