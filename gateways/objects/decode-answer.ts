import type { Answer } from '../contract.ts';
import { unpackAnswer } from '../content/unpack-answer.ts';
import { isJsonType, isUtf8, parseMedia } from '../content/media.ts';

const MOST_BYTES = 10 * 1024 * 1024;

/**
 * Returns the bytes of a JSON response, decompressed. Returns undefined if its type is not JSON in UTF-8, or if it cannot
 * be decompressed: rules cannot see into it then.
 */
export async function decodeAnswer(answer: Answer): Promise<Uint8Array | undefined> {
  const media = parseMedia(answer.headers['content-type']);
  return media !== undefined && isJsonType(media.type) && isUtf8(media) ? unpackAnswer(answer, MOST_BYTES) : undefined;
}
