/** Reads user tokens, and remembers those whose signature was verified: it is checked once per token, not per request. */
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import { GenerationMap } from '../../load/generation-map.ts';
import { parseJson } from '../parse-json.ts';

export interface UserToken {
  readonly head: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signature: Uint8Array;
  /** The fingerprint of the key that verified the signature. */
  readonly verifiedBy?: string;
}

const KEPT_MS = 300_000;
const MOST_TOKENS = 8_192;
/** Longer tokens are verified each time, so that the memory stays below 64 MB. */
const LONGEST_KEPT = 2_048;

export class UserTokens {
  readonly #verified: GenerationMap<UserToken>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#verified = new GenerationMap(clock, KEPT_MS, MOST_TOKENS);
  }

  /** Returns undefined if the text is no JWT (RFC 7519), or has critical headers, of which none is known here. */
  read(text: string): UserToken | undefined {
    return this.#verified.use(text) ?? readToken(text);
  }

  /** Only verified tokens are remembered: a flood of invented ones takes no memory. */
  remember(text: string, token: UserToken, verifiedBy: string): void {
    if (text.length <= LONGEST_KEPT) this.#verified.set(text, { ...token, verifiedBy });
  }
}

function readToken(text: string): UserToken | undefined {
  const parts = text.split('.');
  const [head, claims, signature] = [readPart(parts[0]), readPart(parts[1]), decode(parts[2])];
  const isToken = parts.length === 3 && head !== undefined && head['crit'] === undefined;
  return isToken && claims !== undefined && signature !== undefined ? { head, claims, signature } : undefined;
}

function readPart(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const bytes = decode(part);
  const parsed = bytes && parseJson(bytes);
  return parsed !== undefined && 'value' in parsed && isRecord(parsed.value) ? parsed.value : undefined;
}

/** Decodes Base64url in its canonical form; returns undefined for other text. */
function decode(part: string | undefined): Buffer | undefined {
  if (part === undefined || part === '' || !/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}
