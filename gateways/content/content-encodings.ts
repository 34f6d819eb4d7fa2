import type { InterfaceDocument } from '../documents/interface-document.ts';

/** Content codings (RFC 9110, 8.4.1) that the gateway can unpack. */
export const ENCODINGS = ['gzip', 'deflate', 'br'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Returns the codings that an interface accepts; none unless it uses the policy `content-encoding`. */
export function encodingsOf({ policies = {} }: InterfaceDocument): ReadonlySet<string> {
  const options = policies['content-encoding'];
  const accept = options === false ? undefined : options?.['accept'];
  return new Set(Array.isArray(accept) ? accept.filter((name) => typeof name === 'string') : []);
}
