/** Errors for requests that cannot be made or decided. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { RequestRecord } from './request-store.ts';

export function needless(action: string): AppError {
  return new AppError('REQUEST_NEEDLESS', 'input', `You may do ${action} yourself.`, {
    values: { action },
    fix: 'Do it without a request.',
  });
}

export function inputWrong(action: string): AppError {
  return new AppError('REQUEST_INPUT', 'input', `The input does not fit ${action}.`, {
    values: { action },
    fix: 'Send what the act itself takes.',
  });
}

export function outdated(action: string): AppError {
  return new AppError('REQUEST_OUTDATED', 'input', `What ${action} was asked for has been changed or removed since; nothing was done.`, {
    values: { action },
    fix: 'Look at it as it is now, and ask again if it is still wanted.',
  });
}

export function askedAlready({ _id: requestId, at }: Pick<RequestRecord, '_id' | 'at'>): AppError {
  return new AppError('REQUEST_ASKED_ALREADY', 'input', 'You have asked for the same already, and it waits for a decision.', {
    values: { requestId, at },
    fix: 'Wait for its decision, or withdraw it first.',
  });
}

export function tooMany(count: number): AppError {
  return new AppError('REQUESTS_FULL', 'input', `You have ${count} open requests already.`, {
    values: { count },
    fix: 'Withdraw some, or wait until they are decided.',
  });
}

export function tooLarge(mostKb: number): AppError {
  return new AppError('REQUEST_TOO_LARGE', 'input', `What is asked for has more than ${mostKb} KB.`, {
    values: { mostKb },
    fix: 'Shorten its schemas, samples or texts, or ask somebody who holds the right to do it.',
  });
}

export function notOpen(requestId: string): AppError {
  return new AppError('REQUEST_NOT_OPEN', 'input', `${requestId} was decided or withdrawn already.`, {
    values: { requestId },
    fix: 'Look at the list again.',
  });
}

export function ownRequest(): AppError {
  return new AppError('REQUEST_OWN', 'input', 'Nobody decides their own request.', { fix: 'Ask somebody else who holds the right.' });
}

export function takesPerson(): AppError {
  return new AppError('TOKEN_CANNOT', 'input', 'Requests are decided by a person in the console, not by a token.', {
    fix: 'Log in to the console.',
  });
}

export function askerGone(account: string): AppError {
  return new AppError('REQUEST_ASKER_GONE', 'input', `${account} may no longer ask for this.`, {
    values: { account },
    fix: 'Refuse the request.',
  });
}
