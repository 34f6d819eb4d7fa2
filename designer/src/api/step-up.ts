/**
 * Asks for the password again if an operation requires it: the client calls `askConfirmation`, and the open page
 * shows the prompt.
 */

export interface Confirmation {
  readonly password: string;
  /** The code of the second factor, if the account has one. */
  readonly code?: string;
}

/**
 * Asks the user for the password. `problem` says why the last input was rejected. Returns undefined if the user gives
 * up.
 */
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
