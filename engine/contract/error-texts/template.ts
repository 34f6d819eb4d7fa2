/** One Chinese text of an error: `{name}` is a value of the error, `[…]` is left out when a value in it is absent. */
export interface ErrorTemplate {
  /** What happened and why. */
  readonly what: string;
  /** What the reader should do now; left out where nothing is to be done. */
  readonly fix?: string;
  /** The English sentence tells more than the values do (the words of a library or of an author's script): it is shown below. */
  readonly original?: true;
}

/** By `CODE`, or `CODE/problem` where the value `problem` tells sentences of one code apart. */
export type ErrorTemplates = Readonly<Record<string, ErrorTemplate>>;
