/** The errors that all brokers throw. They never contain anything of a message. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { DeadReason, Server } from './broker.ts';

export function connectFailed({ host, port }: Server, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const reason = reasonOf(cause);
  return new AppError('MESSAGING_CONNECT_FAILED', 'transient', `No connection to ${host}:${port}: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check address, firewall and certificate with the connection test of the adapter.',
    cause,
  });
}

/** `problem`: what the broker refused. */
export function loginRefused(problem: 'password' | 'virtual-host', cause: unknown): AppError {
  const what = problem === 'password' ? 'the user or the password' : 'access to the virtual host';
  return new AppError('MESSAGING_LOGIN_REFUSED', 'input', `The broker refuses ${what}.`, {
    values: { problem },
    fix: 'Correct the adapter or its credential, or have the administrator of the broker grant access.',
    cause,
  });
}

export function stopped(): AppError {
  return new AppError('MESSAGING_STOPPED', 'transient', 'The step was stopped before anything was sent.');
}

/** `problem`: it does not exist, or the broker knows no queue for the message. `kind`: transient if it was there before. */
export function destinationUnknown(
  destination: string,
  problem: 'absent' | 'unroutable',
  cause?: unknown,
  kind: 'input' | 'transient' = 'input',
): AppError {
  const what = problem === 'absent' ? `There is no ${destination} in the broker` : `No queue takes the message from ${destination}`;
  return new AppError('MESSAGING_DESTINATION_UNKNOWN', kind, `${what}.`, {
    values: { problem, destination },
    fix: 'Correct the destination or the key, or have the administrator of the broker create what is missing.',
    cause,
  });
}

export function refused(destination: string, code: string | number, cause: unknown): AppError {
  return new AppError('MESSAGING_REFUSED', 'input', `The broker refuses the use of ${destination} (${code}).`, {
    values: { destination, code },
    fix: 'Have the administrator of the broker grant the right, or correct the destination.',
    cause,
  });
}

/** `problem`: the consumer group does not keep the order, or gives a message up after too few deliveries. RocketMQ only. */
export function groupUnfit(group: string, problem: 'order' | 'attempts'): AppError {
  const what = problem === 'order' ? 'does not keep the order of its topic' : 'puts messages aside after few deliveries';
  return new AppError('MESSAGING_GROUP_UNFIT', 'input', `The consumer group ${group} ${what}.`, {
    values: { problem, group },
    fix: `Have the administrator of the broker run: mqadmin updateSubGroup -g ${group} -r 100000${problem === 'order' ? ' -o true' : ''}.`,
  });
}

export function tooLarge(cause?: unknown): AppError {
  return new AppError('MESSAGING_TOO_LARGE', 'input', 'The message is larger than the broker allows.', {
    fix: 'Send it in parts, or have the limit of the broker raised.',
    cause,
  });
}

/** The broker says that it did not store the message. */
export function notTaken(reason: string, cause?: unknown): AppError {
  return new AppError('MESSAGING_NOT_TAKEN', 'transient', `The broker did not store the message (${reason}).`, {
    values: { reason },
    fix: 'It can be retried; if it keeps happening, check memory, disk and limits of the broker.',
    cause,
  });
}

/** The message was sent, but not confirmed. */
export function notConfirmed(reason: string, cause?: unknown): AppError {
  return new AppError('MESSAGING_NOT_CONFIRMED', 'unknown-outcome', `The broker did not confirm the message (${reason}).`, {
    values: { reason },
    fix: 'Check in the broker whether it is there; or declare in the node that receivers recognise duplicates, so that it is sent again.',
    cause,
  });
}

export function connectionLost(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const reason = reasonOf(cause);
  return new AppError('MESSAGING_CONNECTION_LOST', 'transient', `The connection to the broker was lost: ${reason}.`, {
    values: { reason },
    fix: 'It is opened again automatically; if it keeps happening, check the network and the broker.',
    cause,
  });
}

/** The flow cannot store the message now, so reading stops there. */
export function notStored({ code }: DeadReason): AppError {
  return new AppError('MESSAGING_NOT_STORED', 'transient', `A message cannot be stored now (${code}); reading begins again there.`, {
    values: { code },
    fix: 'Correct the cause that the code names; the broker keeps the messages.',
  });
}

/** A received message whose content must not be read: that would run code which the sender chose. */
export function unreadable(): AppError {
  return new AppError('MESSAGING_UNREADABLE', 'input', 'The message is a serialized Java object, which is never read.', {
    fix: 'Have the sender send text, bytes or a map.',
  });
}

/** The text of a network error or of the client library. Bounded, because it may come from the other side. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  const { code, message } = cause as NodeJS.ErrnoException;
  return (typeof code === 'string' && code !== '' ? code : message).slice(0, 200);
}
