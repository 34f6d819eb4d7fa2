/** The schema of an envelope. It stands apart, so that commands that only sign do not load a schema library. */
import { Type, type Static } from 'typebox';

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
