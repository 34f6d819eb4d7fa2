export interface KeyTurns {
  /**
   * Runs the action after all earlier actions with the same key have ended. Returns undefined, without running it, if
   * too many are waiting.
   */
  run<Result>(key: string, action: () => Promise<Result>): Promise<Result> | undefined;
}

/** Returns a queue that runs actions with the same key one after the other, in the order of their calls. */
export function createKeyTurns(mostWaiting: number): KeyTurns {
  const queues = new Map<string, { last: Promise<unknown>; size: number }>();
  return {
    run(key, action) {
      const queue = queues.get(key) ?? { last: Promise.resolve(), size: 0 };
      if (queue.size > mostWaiting) return undefined;
      queues.set(key, queue);
      queue.size += 1;
      const turn = queue.last.then(action).finally(() => {
        queue.size -= 1;
        if (queue.size === 0) queues.delete(key);
      });
      queue.last = turn.catch(() => undefined);
      return turn;
    },
  };
}
