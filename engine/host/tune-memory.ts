import { setFlagsFromString } from 'node:v8';

/**
 * For processes that serve: called first, before any code is hot.
 *
 * V8 watches which literals of hot code live long and has these made among the old objects from then on, for as long as the process lives
 * ("pretenuring"). A backlog of messages teaches it so, and afterwards parts of each message are old at once: dead a moment later, they hold
 * all that they refer to until the next full collection, and every small collection copies that. Without it small collections took 4 ms
 * instead of 13 to 20, each of which is a pause of everybody (500 HL7 messages a second; `npm run bench -- mllp-ack`).
 */
export function tuneMemory(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
