import type { Caller } from '../../engine/contract/node/run-flow.ts';
import type { Exchange } from '../contract.ts';

/** Returns the caller of an interface, with the idempotency key that the caller sent. */
export function callerOf({ interface: called, app, user, headers }: Exchange): Caller {
  const caller = { interfaceId: called!.interfaceId, appId: app?.appId ?? '', idempotencyKey: headers['idempotency-key'] };
  const { iss: issuer, sub: subject } = user ?? {};
  return typeof issuer === 'string' && typeof subject === 'string' ? { ...caller, user: { issuer, subject } } : caller;
}

/**
 * Returns the key by which a scarce resource is divided among callers: the request's app, otherwise its user, otherwise
 * its address.
 */
export function shareOf({ app, user, clientIp }: Pick<Exchange, 'app' | 'user' | 'clientIp'>): string {
  const subject = user?.['sub'];
  return app?.appId ?? (typeof subject === 'string' ? `user ${subject}` : clientIp);
}

/**
 * Returns what identifies a caller over its requests: the user, otherwise the app, otherwise the address. On the user
 * front all users share one app.
 */
export function stableKeyOf({ app, user, clientIp }: Pick<Exchange, 'app' | 'user' | 'clientIp'>): string {
  const subject = user?.['sub'];
  return typeof subject === 'string' ? subject : (app?.appId ?? clientIp);
}
