import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Turns } from './watch-turns.ts';

export interface TurnWatch {
  /** For the process that is watched. */
  readonly environment: Readonly<Record<string, string>>;
  /** Since it was asked last. */
  read(): Promise<Turns>;
}

export function createTurnWatch(scratch: string): TurnWatch {
  const path = join(scratch, 'turns.sock');
  return {
    environment: { KQ_TEST_TURNS: path, NODE_OPTIONS: `--import=${new URL('watch-turns.ts', import.meta.url).href}` },
    read: async () => JSON.parse(await text(connect(path))) as Turns,
  };
}
