/** Acts that ask for the password again get it through here: the client asks, the open page answers. */

export interface Confirmation {
  readonly password: string;
  /** Of the second factor. */
  readonly code?: string;
}

/** `problem`: why what was given before was not enough. Undefined when the person gives up. */
export type AskConfirmation = (problem: unknown) => Promise<Confirmation | undefined>;

let ask: AskConfirmation | undefined;

/** The one place of the console that shows the question; returns what takes it away again. */
export function onConfirmation(answer: AskConfirmation): () => void {
  ask = answer;
  return () => {
    if (ask === answer) ask = undefined;
  };
}

export function askConfirmation(problem: unknown): Promise<Confirmation | undefined> {
  return ask?.(problem) ?? Promise.resolve(undefined);
}
