/** The registry of compatibility profiles: a new profile is one file beside this one, and one line here. */
import { alipayRsa2 } from './alipay-rsa2.ts';
import type { CompatibilityProfile } from './compatibility-profile.ts';
import { sortedSm2 } from './sorted-sm2.ts';
import { wechatPayV3 } from './wechatpay-v3.ts';

const PROFILES = {
  'sorted-sm2': sortedSm2,
  'wechatpay-v3': wechatPayV3,
  'alipay-rsa2': alipayRsa2,
} as const satisfies Readonly<Record<string, CompatibilityProfile>>;

export type ProfileName = keyof typeof PROFILES;

export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];

/** Returns the profile whose keys have this scheme; undefined for the schemes of KQ1. */
export function profileOfScheme(scheme: string): CompatibilityProfile | undefined {
  return Object.hasOwn(PROFILES, scheme) ? PROFILES[scheme as ProfileName] : undefined;
}

export const ALL_PROFILES: readonly CompatibilityProfile[] = Object.values(PROFILES);
