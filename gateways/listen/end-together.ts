import type { ServerResponse } from 'node:http';

interface Ending {
  readonly response: ServerResponse;
  readonly text: string | undefined;
}

let endings: Ending[] = [];

/**
 * Ends a response (`text`: Latin-1, all of its body) once this turn of the event loop has heard all it has to hear. A write wakes whoever waits for it, and sending
 * one answer between two pieces of work costs several times what the same answers cost one behind the other (docs/decisions/0026).
 */
export function endTogether(response: ServerResponse, text?: string): void {
  if (endings.push({ response, text }) === 1) setImmediate(endAll);
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
