/** What a document holds, whatever it is a document of. */
export type Content = Readonly<Record<string, unknown>>;
