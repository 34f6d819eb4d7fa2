import type { ServerResponse } from 'node:http';

interface Ending {
  readonly response: ServerResponse;
  readonly text: string | undefined;
}

/**
 * Maximum number of responses that are ended together, so that the first does not wait long in a busy turn of the event
 * loop.
 */
const MOST_TOGETHER = 32;

let endings: Ending[] = [];

/**
 * Ends a response at the end of this turn of the event loop, or when enough responses wait. `text` is its whole body in
 * Latin-1. Each write wakes the reader of the response. Sending a response between other work costs several times as
 * much as sending several responses together (docs/decisions/0026).
 */
export function endTogether(response: ServerResponse, text?: string): void {
  const waiting = endings.push({ response, text });
  if (waiting === MOST_TOGETHER) endAll();
  else if (waiting === 1) setImmediate(endAll);
}

function endAll(): void {
  const all = endings;
  endings = [];
  for (const { response, text } of all) {
    // The caller has left meanwhile.
    if (response.destroyed) continue;
    if (text === undefined) response.end();
    else response.end(text, 'latin1');
  }
}
