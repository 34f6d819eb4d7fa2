import type { CompatibilityProfile, ProfileHead } from '../../../engine/contract/compatibility/compatibility-profile.ts';
import { ALL_PROFILES } from '../../../engine/contract/compatibility/profiles.ts';
import type { Exchange, GatewayError, ProfileClaim } from '../../contract.ts';
import { refuse } from '../../errors.ts';

/** Returns the compatibility profile that a request looks like, among those that an app of the plan may use. */
export function findProfile(exchange: Exchange): CompatibilityProfile | undefined {
  const { profiles } = exchange.plan;
  if (profiles.size === 0) return undefined;
  const head = headOf(exchange);
  return ALL_PROFILES.find((profile) => profiles.has(profile.name) && profile.matches(head));
}

/**
 * Reads what a request of a profile claims. An unknown app, one that may not use the profile and an unknown key get the
 * same error as a malformed request.
 */
export function claimProfile(exchange: Exchange, profile: CompatibilityProfile, body: string, now: number): ProfileClaim | GatewayError {
  const reading = profile.read(headOf(exchange), body);
  if (reading === undefined) return refuse('GW40101');
  const { plan } = exchange;
  const { appId, keyId, signedAt } = reading;
  const app = plan.app(appId);
  if (app?.profiles?.some((name) => name === profile.name) !== true) return refuse('GW40101');
  const named = keyId === undefined ? undefined : plan.key(appId, keyId);
  const keys = keyId === undefined ? plan.profileKeys(appId, profile.name) : named?.document.scheme === profile.name ? [named] : [];
  if (keys.length === 0) return refuse('GW40101');
  if (Math.abs(now - signedAt) > app.windowSec * 1000) return refuse('GW40102');
  return { kind: 'profile', profile, reading, app, keys };
}

function headOf({ method, request, rawQuery, incoming }: Exchange): ProfileHead {
  return { method, target: request.url!, query: rawQuery, header: (name) => incoming.get(name) };
}
