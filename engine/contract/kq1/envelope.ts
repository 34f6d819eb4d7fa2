/**
 * The encrypted body of a request or an answer, an envelope: JSON with the encrypted content key and the content. Only
 * text is built and read here; `engine/contract/ports/encryption.ts` encrypts.
 */
import { requestHead, type Kq1Request } from './canonical.ts';

export type { Envelope } from './envelope-schema.ts';

export type EnvelopeDirection = 'request' | 'response';

/**
 * Returns what the tag of an envelope covers besides the content: the lines of the request's canonical string before
 * its header lines, and the direction. The nonce among them makes an envelope useless for any other request.
 */
export function envelopeAad(request: Omit<Kq1Request, 'headers' | 'bodyDigest'>, direction: EnvelopeDirection): string {
  return `${requestHead(request)}${direction}\n`;
}
