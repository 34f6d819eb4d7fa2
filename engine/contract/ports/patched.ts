/**
 * The result of a successful patch. Its document is read only on access, because most callers only need to know that
 * the patch succeeded. This is a class, not an object literal with a getter: V8 gives each such literal a hidden class
 * that holds the getter, and with it the document's text, until the next full collection. We measured some kilobytes
 * per message, copied by every minor collection.
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
