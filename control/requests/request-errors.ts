/** Errors for requests that cannot be made or decided. */
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';
import type { RequestRecord } from './request-store.ts';

export function needless(action: string): AppError {
  return new AppError('REQUEST_NEEDLESS', 'input', `You have the right to do ${action} yourself.`, {
    values: { action },
    fix: 'Do it without a request.',
  });
}

/** `issues`: where the request is wrong. */
export function inputWrong(action: string, issues: readonly Issue[]): AppError {
  return new AppError('REQUEST_INPUT', 'input', `The input is not valid for ${action}.`, {
    values: { action },
    issues,
    fix: 'Correct the listed issues: `input` is that of the action, with the names of its path too.',
  });
}

export function outdated(action: string): AppError {
  return new AppError('REQUEST_OUTDATED', 'input', `The object of ${action} was changed or removed after the request; nothing was done.`, {
    values: { action },
    fix: 'Look at it as it is now, and request it again if you still want it.',
  });
}

export function askedAlready({ _id: requestId, at }: Pick<RequestRecord, '_id' | 'at'>): AppError {
  return new AppError('REQUEST_ASKED_ALREADY', 'input', 'You have already requested the same, and it waits for a decision.', {
    values: { requestId, at },
    fix: 'Wait for its decision, or withdraw it first.',
  });
}

export function tooMany(count: number): AppError {
  return new AppError('REQUESTS_FULL', 'input', `You already have ${count} open requests.`, {
    values: { count },
    fix: 'Withdraw some, or wait until they are decided.',
  });
}

export function tooLarge(mostKb: number): AppError {
  return new AppError('REQUEST_TOO_LARGE', 'input', `The request is larger than ${mostKb} KB.`, {
    values: { mostKb },
    fix: 'Shorten its schemas, samples or texts, or ask someone who has the right to do it.',
  });
}

export function notOpen(requestId: string): AppError {
  return new AppError('REQUEST_NOT_OPEN', 'input', `${requestId} has already been decided or withdrawn.`, {
    values: { requestId },
    fix: 'Look at the list again.',
  });
}

export function ownRequest(): AppError {
  return new AppError('REQUEST_OWN', 'input', 'You cannot decide on your own request.', { fix: 'Ask someone else who has the right.' });
}

export function takesPerson(): AppError {
  return new AppError('TOKEN_CANNOT', 'input', 'Only a person in the console can decide on requests, not a token.', {
    fix: 'Log in to the console.',
  });
}

export function requesterNotAllowed(account: string): AppError {
  return new AppError('REQUEST_ASKER_GONE', 'input', `${account} may no longer request this.`, {
    values: { account },
    fix: 'Refuse the request.',
  });
}
