/** The content of any document. */
export type Content = Readonly<Record<string, unknown>>;
