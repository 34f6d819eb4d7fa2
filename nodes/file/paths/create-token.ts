import { randomInt } from 'node:crypto';

const CHARACTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Returns a short random text for the names of files, of characters that every file system keeps apart. */
export function createToken(length = 8): string {
  return Array.from({ length }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('');
}
