/**
 * Dangerous actions require the password again, because a session may be left open or stolen. A token cannot run them.
 * A wrong password counts as a failed login.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Actor } from '../access/actor.ts';
import type { CheckLogin } from '../auth/login.ts';

/** What a person sends besides the input to confirm a dangerous action. */
export interface Confirmation {
  readonly password: string;
  /** Code of the second factor, if the account has one. */
  readonly code?: string;
}

/**
 * Rejects with TOKEN_CANNOT, STEP_UP_REQUIRED, STEP_UP_REFUSED or LOGIN_LOCKED (input), or with LOGIN_BUSY (transient),
 * unless the person confirmed the action. The process itself needs no confirmation.
 */
export type CheckStepUp = (actor: Actor, given: Confirmation | undefined) => Promise<void>;

/**
 * Time after the login during which the second factor is not required again. Each code works only once, and the
 * authenticator app shows a new code only every 30 s.
 */
const FRESH_MS = 5 * 60_000;

export function createCheckStepUp(checkLogin: CheckLogin, clock: Pick<Clock, 'now'>): CheckStepUp {
  return async (actor, given) => {
    if (actor.via === 'system') return;
    if (actor.via === 'token') throw tokenCannot();
    if (given === undefined) throw stepUpRequired();
    try {
      const hasCode = actor.secondFactorAt !== undefined && clock.now() - actor.secondFactorAt < FRESH_MS;
      await checkLogin(actor.account, given.password, actor.from, { code: given.code, hasCode, ofSession: true });
    } catch (error) {
      throw error instanceof AppError ? (asStepUp(error) ?? error) : error;
    }
  };
}

function tokenCannot(): AppError {
  return new AppError('TOKEN_CANNOT', 'input', 'A token cannot do this: it requires a person with their password.', {
    fix: 'Log in with your password, in the console or when the command asks for it.',
  });
}

function stepUpRequired(): AppError {
  return new AppError('STEP_UP_REQUIRED', 'input', 'This action requires you to enter your password again.', {
    fix: 'Send it percent-encoded in the header x-kq-password; the console and the command line ask for it.',
  });
}

/**
 * Returns the error of a step-up (password again) that replaces a login error. Its status is not 401, because the
 * session itself is valid.
 */
function asStepUp(error: AppError): AppError | undefined {
  switch (error.code) {
    case 'LOGIN_REFUSED':
      return stepUpRefused(error);
    case 'LOGIN_CODE_REFUSED':
      return new AppError('STEP_UP_REFUSED', 'input', 'The code of the second factor is wrong or was already used; nothing was done.', {
        values: { problem: 'code' },
        fix: 'Enter the current code of the authenticator app.',
        cause: error,
      });
    case 'LOGIN_CODE_REQUIRED':
      return new AppError('STEP_UP_REQUIRED', 'input', 'This action requires the second factor again.', {
        values: { problem: 'code' },
        fix: 'Send its code in the header x-kq-code; the console and the command line ask for it.',
        cause: error,
      });
    default:
      return undefined;
  }
}

function stepUpRefused(cause: AppError): AppError {
  return new AppError('STEP_UP_REFUSED', 'input', 'The password is wrong; nothing was done.', {
    fix: 'Enter the password of the account that is logged in; after five wrong tries it is locked for 15 minutes.',
    cause,
  });
}
