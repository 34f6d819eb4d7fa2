import type { Caller } from '../../engine/contract/node/run-flow.ts';
import type { Exchange } from '../contract.ts';

/** Returns the caller of an interface, and the caller's own idempotency key. */
export function callerOf({ interface: called, app, user, headers }: Exchange): Caller {
  const caller = { interfaceId: called!.interfaceId, appId: app?.appId ?? '', idempotencyKey: headers['idempotency-key'] };
  const { iss: issuer, sub: subject } = user ?? {};
  return typeof issuer === 'string' && typeof subject === 'string' ? { ...caller, user: { issuer, subject } } : caller;
}

/**
 * Returns the key whose share of a scarce resource a request uses: its app, otherwise its user, otherwise its address.
 */
export function shareOf({ app, user, clientIp }: Pick<Exchange, 'app' | 'user' | 'clientIp'>): string {
  const subject = user?.['sub'];
  return app?.appId ?? (typeof subject === 'string' ? `user ${subject}` : clientIp);
}
