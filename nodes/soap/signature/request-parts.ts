/** What a request that will be signed has in its header and body. */
import { BASE64, BODY_ID, TIMESTAMP_ID, TOKEN_ID, WSSE, WSU, X509V3 } from './names.ts';

const VALID_MS = 300_000;

/** Returns the header that `signEnvelope` expects, in the form of `serialise-xml.ts`. */
export function signatureHeader(certificate: string, nowMs: number): Readonly<Record<string, unknown>> {
  return {
    'wsse:Security': {
      '@soap:mustUnderstand': '1',
      '@xmlns:wsse': WSSE,
      '@xmlns:wsu': WSU,
      'wsu:Timestamp': {
        '@wsu:Id': TIMESTAMP_ID,
        'wsu:Created': new Date(nowMs).toISOString(),
        'wsu:Expires': new Date(nowMs + VALID_MS).toISOString(),
      },
      'wsse:BinarySecurityToken': { '@wsu:Id': TOKEN_ID, '@EncodingType': BASE64, '@ValueType': X509V3, '#text': certificate },
    },
  };
}

/** The attributes of the body of an envelope that will be signed. */
export const SIGNED_BODY: Readonly<Record<string, string>> = { '@xmlns:wsu': WSU, '@wsu:Id': BODY_ID };
