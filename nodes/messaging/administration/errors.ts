/** The errors of administration. They never contain anything of a message. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { reasonOf } from '../brokers/errors.ts';

export function apiFailed({ host, port }: { readonly host: string; readonly port: number }, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const reason = typeof cause === 'string' ? cause : reasonOf(cause);
  return new AppError('BROKER_API_FAILED', 'transient', `The management API at ${host}:${port} gave no usable answer: ${reason}.`, {
    values: { host, port, reason },
    fix: 'Check that the broker and its management plugin run, and the address, firewall and certificate.',
    ...(typeof cause === 'string' ? {} : { cause }),
  });
}

/** `reason`: what the broker says; bounded, because it comes from the other side. */
export function brokerRefused(reason: string, cause?: unknown): AppError {
  const short = reason.slice(0, 200).replace(/\.$/, '');
  return new AppError('BROKER_REFUSED', 'input', `The broker refuses this: ${short}.`, {
    values: { reason: short },
    fix: 'Correct the input, or have the administrator of the broker grant the right to the user of the adapter.',
    cause,
  });
}

export function brokerExists(name: string): AppError {
  return new AppError('BROKER_EXISTS', 'input', `${name} exists already.`, {
    values: { name },
    fix: 'Choose another name, or use what is there.',
  });
}

export function browseCounts(count: number): AppError {
  return new AppError('BROKER_BROWSE_COUNTS', 'input', `In this queue each look counts as a delivery, and ${count} are allowed.`, {
    values: { count },
    fix: 'Confirm that it may count; messages that were delivered often may then go to the dead letters.',
  });
}

export function wrongName(name: string): AppError {
  return new AppError('BROKER_NAME', 'input', `${name} cannot be a name in this broker.`, {
    values: { name },
    fix: 'Use letters, digits, dots, hyphens and underscores.',
  });
}

export function outsidePrefix(prefix: string): AppError {
  return new AppError('BROKER_NAME_PREFIX', 'input', `The name must begin with ${prefix}.`, {
    values: { prefix },
    fix: 'Put the prefix of the adapter in front.',
  });
}

export function brokerCannot(): AppError {
  return new AppError('BROKER_CANNOT', 'input', 'This broker does not have that.', {
    fix: 'Read the features of the broker: GET /brokers/{adapterId}.',
  });
}
