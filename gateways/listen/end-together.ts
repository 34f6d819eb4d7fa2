import type { ServerResponse } from 'node:http';

interface Ending {
  readonly response: ServerResponse;
  readonly text: string | undefined;
}

/** So that the first does not wait for a turn that has much to do. */
const MOST_TOGETHER = 32;

let endings: Ending[] = [];

/**
 * Ends a response (`text`: Latin-1, all of its body) once this turn of the event loop has heard all it has to hear, or when enough wait. A write
 * wakes whoever waits for it, and sending one answer between two pieces of work costs several times what the same answers cost one behind the
 * other (docs/decisions/0026).
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
    // Its caller has gone meanwhile.
    if (response.destroyed) continue;
    if (text === undefined) response.end();
    else response.end(text, 'latin1');
  }
}
