/** Thrown when a document cannot be saved because another person saved it after it was opened. */
export class StaleDraft extends Error {
  override readonly name = 'StaleDraft';
  readonly yours: unknown;
  readonly theirs: unknown;
  constructor(yours: unknown, theirs: unknown) {
    super('someone else saved in the meantime');
    this.yours = yours;
    this.theirs = theirs;
  }
}
