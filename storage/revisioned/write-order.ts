/** The order in which operations of one process on one collection reach the store. */
export interface WriteOrder {
  /** Runs operations on one id one after the other, in the order of their calls. */
  onId<R>(id: string, action: () => Promise<R>): Promise<R>;
  /** Does the same as `onId` for an operation that writes. `afterWrites` waits for such operations. */
  writeOnId<R>(id: string, action: () => Promise<R>): Promise<R>;
  /**
   * Runs the action when every write called before has ended, successfully or not, so that a list contains all of
   * them.
   */
  afterWrites<R>(action: () => Promise<R>): Promise<R>;
}

export function createWriteOrder(): WriteOrder {
  const tails = new Map<string, Promise<unknown>>();
  const writes = new Set<Promise<unknown>>();

  function onId<R>(id: string, action: () => Promise<R>): Promise<R> {
    const before = tails.get(id);
    const answer = before ? before.then(action, action) : action();
    tails.set(id, answer);
    const ended = () => {
      if (tails.get(id) === answer) tails.delete(id);
    };
    answer.then(ended, ended);
    return answer;
  }

  return {
    onId,
    writeOnId(id, action) {
      const answer = onId(id, action);
      writes.add(answer);
      const ended = () => void writes.delete(answer);
      answer.then(ended, ended);
      return answer;
    },
    async afterWrites(action) {
      if (writes.size > 0) await Promise.allSettled(writes);
      return action();
    },
  };
}
