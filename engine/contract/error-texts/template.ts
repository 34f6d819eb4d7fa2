/** One Chinese error text. `{name}` is a value of the error; `[…]` is left out if a value in it is absent. */
export interface ErrorTemplate {
  /** What happened and why. */
  readonly what: string;
  /** What the reader should do now; absent if there is nothing to do. */
  readonly fix?: string;
  /**
   * Set if the English message says more than the values do (the text of a library or of an author's script). The
   * message is then shown too.
   */
  readonly original?: true;
}

/** The key is `CODE`, or `CODE/problem` if the value `problem` distinguishes several messages of one code. */
export type ErrorTemplates = Readonly<Record<string, ErrorTemplate>>;
