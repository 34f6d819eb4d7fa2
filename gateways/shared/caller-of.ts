import type { Caller } from '../../engine/contract/node/run-flow.ts';
import type { Exchange } from '../contract.ts';

/** Returns the caller of an interface, with the idempotency key that the caller sent. */
export function callerOf({ interface: called, app, user, headers }: Exchange): Caller {
  const caller = { interfaceId: called!.interfaceId, appId: app?.appId ?? '', idempotencyKey: headers['idempotency-key'] };
  const { iss: issuer, sub: subject } = user ?? {};
  return typeof issuer === 'string' && typeof subject === 'string' ? { ...caller, user: { issuer, subject } } : caller;
}

/**
 * Returns what identifies a caller over its requests: the user, otherwise the app, otherwise the address. Scarce
 * resources are divided by it: on the user front all users share one app, and one must not slow down the others.
 */
export function stableKeyOf({ app, user, clientIp }: Pick<Exchange, 'app' | 'user' | 'clientIp'>): string {
  const subject = user?.['sub'];
  return typeof subject === 'string' ? subject : (app?.appId ?? clientIp);
}
