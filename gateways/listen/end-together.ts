import type { ServerResponse } from 'node:http';

interface Ending {
  readonly response: ServerResponse;
  readonly text: string | undefined;
}

/** The first response must not wait long in a busy turn. */
const MOST_TOGETHER = 32;

let endings: Ending[] = [];

/**
 * Ends a response (`text`: Latin-1, its whole body) at the end of this turn of the event loop, or when enough
 * responses wait. A write wakes its reader, and sending a response between two pieces of work costs several times
 * what sending the same responses together costs (docs/decisions/0026).
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
    // The caller has left in the meantime.
    if (response.destroyed) continue;
    if (text === undefined) response.end();
    else response.end(text, 'latin1');
  }
}
