/**
 * The encrypted body of a request or an answer, an envelope: JSON with the encrypted content key and the content. Only
 * text is built and read here; `engine/contract/ports/encryption.ts` encrypts.
 */
import { Type, type Static } from 'typebox';
import { requestHead, type Kq1Request } from './canonical.ts';

/** Base64url without padding. */
const Base64url = (maxLength: number) => Type.String({ maxLength, pattern: '^[A-Za-z0-9_-]*$' });

/** An envelope as JSON. Further members are refused, because nothing would protect them. */
export const Envelope = Type.Object(
  {
    v: Type.Literal(1),
    enc: Type.String({ maxLength: 32 }),
    /** Id of the receiver's encryption key. */
    kid: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
    /** The content key, encrypted for `kid`: for SM2 the DER sequence C1C3C2, for RSA the RSA-OAEP cipher text. */
    ek: Base64url(1400),
    iv: Base64url(64),
    ct: Type.String(),
    tag: Base64url(64),
  },
  { additionalProperties: false },
);
export type Envelope = Static<typeof Envelope>;

export type EnvelopeDirection = 'request' | 'response';

/**
 * Returns what the tag of an envelope covers besides the content: the lines of the request's canonical string before
 * its header lines, and the direction. The nonce among them makes an envelope useless for any other request.
 */
export function envelopeAad(request: Omit<Kq1Request, 'headers' | 'bodyDigest'>, direction: EnvelopeDirection): string {
  return `${requestHead(request)}${direction}\n`;
}
