import type { Answer } from '../contract.ts';
import { unpackAnswer } from '../content/unpack-answer.ts';
import { decodeUtf8, isJsonType, isUtf8, parseMedia } from './media.ts';

const MOST_BYTES = 10 * 1024 * 1024;

/**
 * Returns the text of a JSON response, also of a compressed one. Returns undefined if it is not JSON in UTF-8, or not
 * readable: rules cannot see into it then.
 */
export async function decodeAnswer(answer: Answer): Promise<string | undefined> {
  const media = parseMedia(answer.headers['content-type']);
  if (media === undefined || !isJsonType(media.type) || !isUtf8(media)) return undefined;
  const bytes = await unpackAnswer(answer, MOST_BYTES);
  return bytes && decodeUtf8(bytes);
}
