/** The events of one stream, in the order of their arrival. */
import assert from 'node:assert/strict';

export interface EventReader {
  /** The next of this name; what came before it is over. */
  next(event: string): Promise<Record<string, unknown>>;
  /** All of this name that have arrived, whether they were asked for or not. */
  seen(event: string): readonly string[];
  /** Resolves when the stream ends. */
  end(): Promise<void>;
}

export function readEvents(response: Response): EventReader {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const all: (readonly [event: string, data: string])[] = [];
  let rest = '';
  let place = 0;

  async function more(): Promise<boolean> {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    rest += value ?? '';
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event !== '') all.push([event, data]);
    }
    return !done;
  }

  return {
    async next(event) {
      for (;;) {
        const at = all.findIndex(([name], index) => index >= place && name === event);
        if (at >= 0) {
          place = at + 1;
          return JSON.parse(all[at]![1]) as Record<string, unknown>;
        }
        assert.ok(await more(), `the stream ended before ${event}`);
      }
    },
    seen: (event) => all.filter(([name]) => name === event).map(([, data]) => data),
    async end() {
      while (await more());
    },
  };
}
