/**
 * A patch that was done; its document is read only if somebody looks at it, which most callers do not: they ask whether they won.
 * A class, and no object literal with a getter: V8 gives each such literal a hidden class of its own, which holds the getter, and with it
 * the document's text, until the next full collection (measured: some kilobytes of each message, copied by every small one).
 */
export class Patched<T> {
  readonly outcome = 'patched';
  readonly #read: () => T;
  #document: T | undefined;

  constructor(read: () => T) {
    this.#read = read;
  }

  get document(): T {
    return (this.#document ??= this.#read());
  }
}
