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
 * same error. If the request names a key, that is the error of a malformed request. Otherwise it is that of a wrong
 * signature, and the time is checked only after the signature: nobody finds out by guessing which apps there are.
 */
export function claimProfile(exchange: Exchange, profile: CompatibilityProfile, body: string, now: number): ProfileClaim | GatewayError {
  const reading = profile.read(headOf(exchange), body);
  if (reading === undefined) return refuse('GW40101');
  const { plan } = exchange;
  const { appId, keyId } = reading;
  const app = plan.app(appId);
  const isAllowed = app?.profiles?.some((name) => name === profile.name) === true;
  const named = keyId === undefined ? undefined : plan.key(appId, keyId);
  const keys = keyId === undefined ? plan.profileKeys(appId, profile.name) : named?.document.scheme === profile.name ? [named] : [];
  if (!isAllowed || keys.length === 0) return keyId === undefined ? NOT_PROVED : refuse('GW40101');
  const claim: ProfileClaim = { kind: 'profile', profile, reading, app, keys };
  return keyId === undefined ? claim : (checkTime(claim, now) ?? claim);
}

/** Returns an error if the signed time is outside of the window of the app. */
export function checkTime({ reading, app }: ProfileClaim, now: number): GatewayError | undefined {
  return Math.abs(now - reading.signedAt) > app.windowSec * 1000 ? refuse('GW40102') : undefined;
}

/** The error of a request without a key id whose app or signature is wrong. */
export const NOT_PROVED = refuse('GW40103', {
  text: {
    'zh-CN': '签名验证失败，或没有可使用此签名形式的该应用：请核对应用编号、密钥和待签名串',
    en: 'The signature does not verify, or there is no such app that may sign like this: check app id, key and signed text.',
  },
});

function headOf({ method, request, rawQuery, incoming }: Exchange): ProfileHead {
  return { method, target: request.url!, query: rawQuery, header: (name) => incoming.get(name) };
}
