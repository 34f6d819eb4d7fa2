import type { GatewayError } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { refuse } from '../errors.ts';

const DEFAULT_LIMIT_BYTES = 10 * 1024 * 1024;

/** Returns the largest body of an interface, in bytes; 10 MB unless it sets another limit. */
export function bodyLimitOf({ bodyLimitBytes }: InterfaceDocument): number {
  return bodyLimitBytes ?? DEFAULT_LIMIT_BYTES;
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
