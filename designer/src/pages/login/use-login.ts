import { useState } from 'react';
import { ApiError, login } from '../../api/client.ts';

export interface LoginValues {
  readonly name: string;
  readonly password: string;
  readonly code?: string;
}

/** Runs the two steps of a login: name and password, then the code if the account has a second factor. */
export function useLogin(onDone: (password: string) => void) {
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [needsCode, setNeedsCode] = useState(false);
  const submit = async ({ name, password, code }: LoginValues) => {
    setBusy(true);
    setError(undefined);
    await login(name, password, code).then(
      () => onDone(password),
      (problem: unknown) => {
        if (problem instanceof ApiError && problem.code === 'LOGIN_CODE_REQUIRED') setNeedsCode(true);
        else setError(problem);
      },
    );
    setBusy(false);
  };
  return { submit, error, isBusy, needsCode };
}
