import type { Caller } from '../../engine/contract/node/run-flow.ts';
import type { Exchange } from '../contract.ts';

/** Returns the user of a request by the claims of the token; undefined if there is none. A subject is unique to its issuer. */
export function userOf({ user }: Pick<Exchange, 'user'>): { readonly issuer: string | undefined; readonly subject: string } | undefined {
  const { iss: issuer, sub: subject } = user ?? {};
  return typeof subject === 'string' ? { issuer: typeof issuer === 'string' ? issuer : undefined, subject } : undefined;
}

/** Returns the caller of an interface, with the idempotency key that the caller sent. */
export function callerOf(exchange: Exchange): Caller {
  const { interface: called, app, headers } = exchange;
  const caller = { interfaceId: called!.interfaceId, appId: app?.appId ?? '', idempotencyKey: headers['idempotency-key'] };
  const { issuer, subject } = userOf(exchange) ?? {};
  return issuer === undefined || subject === undefined ? caller : { ...caller, user: { issuer, subject } };
}

/**
 * Returns what identifies a caller over its requests: the user, otherwise the app, otherwise the address. Scarce
 * resources are divided by it: on the user front all users share one app, and one must not slow down the others. It
 * decides nothing about rights: users of two issuers with the same subject share it.
 */
export function stableKeyOf(exchange: Pick<Exchange, 'app' | 'user' | 'clientIp'>): string {
  return userOf(exchange)?.subject ?? exchange.app?.appId ?? exchange.clientIp;
}
