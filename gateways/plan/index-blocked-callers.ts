import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { PlanIndex } from '../plan-index.ts';
import { BLOCKED_KINDS, blockedText, type BlockedCaller } from '../documents/blocked-caller.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';

/** Indexes the blocked users and devices of a plan by their digests. It yields after each entry. */
export function* indexBlockedCallers(
  blocked: GatewayPlan['blockedCallers'],
  { hmac }: Pick<Crypto, 'hmac'>,
): Generator<void, PlanIndex['isBlocked']> {
  const byDigest = { user: new Map<string, BlockedCaller[]>(), device: new Map<string, BlockedCaller[]>() };
  for (const entry of blocked?.entries ?? []) {
    yield;
    const known = byDigest[entry.kind].get(entry.digest);
    if (known === undefined) byDigest[entry.kind].set(entry.digest, [entry]);
    else known.push(entry);
  }
  if (blocked === undefined || BLOCKED_KINDS.every((kind) => byDigest[kind].size === 0)) return () => false;
  const key = Buffer.from(blocked.key, 'base64url');
  return (kind, id, issuer, now) => {
    // Spare the digest of each request while nothing of this kind is blocked.
    if (byDigest[kind].size === 0) return false;
    const digest = Buffer.from(hmac('sm3', key, blockedText(kind, id))).toString('hex');
    const entries = byDigest[kind].get(digest) ?? [];
    return entries.some((entry) => (entry.expiresAt ?? Infinity) > now && (entry.issuer === undefined || entry.issuer === issuer));
  };
}
