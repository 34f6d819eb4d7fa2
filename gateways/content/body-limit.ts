import type { CompatibilityProfile } from '../../engine/contract/compatibility/compatibility-profile.ts';
import type { GatewayError } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { refuse } from '../errors.ts';

const DEFAULT_LIMIT_BYTES = 10 * 1024 * 1024;
/** Bodies of profiles are read as text, character by character. */
const PROFILE_LIMIT_BYTES = 1024 * 1024;
/** For a body that must be read before its app is known: anyone can send one. */
const UNKNOWN_CALLER_LIMIT_BYTES = 64 * 1024;

/**
 * Returns the largest body of an interface, in bytes; 10 MB unless it sets another limit. A request in a compatibility
 * profile has 1 MB at most, and 64 KB if its app is named in the body and the interface sets no limit.
 */
export function bodyLimitOf({ bodyLimitBytes }: InterfaceDocument, profile?: CompatibilityProfile): number {
  if (profile === undefined) return bodyLimitBytes ?? DEFAULT_LIMIT_BYTES;
  const usual = profile.readsBody ? UNKNOWN_CALLER_LIMIT_BYTES : PROFILE_LIMIT_BYTES;
  return Math.min(bodyLimitBytes ?? usual, PROFILE_LIMIT_BYTES);
}

/** Returns the error for a body above this limit. */
export function refuseTooLarge(limit: number): GatewayError {
  return refuse('GW41301', {
    text: {
      'zh-CN': `请求体超出该接口的上限 ${limit} 字节：请减少内容，或联系平台调高上限`,
      en: `The body is larger than the ${limit} bytes of this interface: send less, or ask the platform for more.`,
    },
  });
}
