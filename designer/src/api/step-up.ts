/** For operations that require the password again: the client asks here, and the open page shows the prompt. */

export interface Confirmation {
  readonly password: string;
  /** Code of the second factor. */
  readonly code?: string;
}

/** `problem`: why the last input was rejected. Returns undefined if the user gives up. */
export type AskConfirmation = (problem: unknown) => Promise<Confirmation | undefined>;

let ask: AskConfirmation | undefined;

/** Registers the console's only password prompt; returns a function that removes it. */
export function onConfirmation(answer: AskConfirmation): () => void {
  ask = answer;
  return () => {
    if (ask === answer) ask = undefined;
  };
}

export function askConfirmation(problem: unknown): Promise<Confirmation | undefined> {
  return ask?.(problem) ?? Promise.resolve(undefined);
}
