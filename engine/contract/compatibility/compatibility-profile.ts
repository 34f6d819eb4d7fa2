import type { Text } from '../values/texts.ts';

/** The head of a request, as a profile reads it. */
export interface ProfileHead {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** The query as sent, without `?`; `''` if there is none. */
  readonly query: string;
  /** Returns a header by its lower-case name. */
  header(name: string): string | undefined;
}

/** What a request says about itself. Nothing is proved before the signature over `signedText` was verified. */
export interface ProfileReading {
  readonly appId: string;
  /** Undefined if the profile names no key. Then the app's keys of the profile are tried. */
  readonly keyId: string | undefined;
  /** Epoch milliseconds. */
  readonly signedAt: number;
  /** Undefined if the profile has none. Then the signature itself must not occur twice. */
  readonly nonce: string | undefined;
  /** The signature in Base64 (RFC 4648, section 4). */
  readonly signature: string;
  readonly signedText: string;
  /** The value of the parameter `operationName`. */
  readonly operation: string | undefined;
  /** What flow and upstream get: only what the signature covers. */
  readonly content: { readonly query: string; readonly body: string };
}

/** What the gateway knows of a response that it writes in the form of a profile. */
export interface ProfileSeal {
  /** Seconds since 1970. */
  readonly timestamp: string;
  readonly nonce: string;
  /** The operation that the request named. */
  readonly operation: string | undefined;
  /** Base64, by an RSA key of the platform. Undefined while the platform has no such key. */
  readonly signature: { readonly keyId: string; readonly text: string } | undefined;
}

type Around = readonly [before: string, behind: string];

/**
 * The form of responses. One key of the platform signs for all profiles, so no signed text of one may be a signed text of
 * another: that of WeChat Pay begins with a digit, that of Alipay with `{`.
 */
export interface ProfileAnswer {
  /** True if only a body that is one JSON object can be written in this form; others are left as they are. */
  readonly takesJsonOnly: boolean;
  /** How the names of its headers begin, in lower case. Headers of the service with such names are dropped. */
  readonly headerPrefix?: string;
  /** Returns the signed text before and behind the body. */
  signedText(timestamp: string, nonce: string): Around;
  /** Returns the headers to add, and what is written before and behind the body. */
  write(seal: ProfileSeal): { readonly headers?: Readonly<Record<string, string>>; readonly around?: Around };
}

/**
 * Another way to sign requests, for callers that sign like this for somebody else already. It is pure text without
 * cryptography. `engine/contract/compatibility/profiles.ts` lists all profiles.
 */
export interface CompatibilityProfile {
  /** Also the scheme that the keys of the profile are pinned to. */
  readonly name: string;
  readonly text: { readonly label: Text; readonly help: Text };
  readonly algorithm: 'SM2-SM3' | 'RSA-SHA256';
  /** `raw`: the 64 bytes r || s of an SM2 signature, instead of its DER form. */
  readonly signatureForm: 'standard' | 'raw';
  /** The media type of the bodies that callers send. Flow and upstream always get JSON. */
  readonly mediaType: string;
  /**
   * The parameter that names the called interface, if the signature does not cover method and path. Without it, a
   * signed request could be sent to any other interface of its app.
   */
  readonly operationName: string | undefined;
  /** True if app and time are in the body, so that they are known only after it was read. */
  readonly readsBody: boolean;
  /** Undefined if responses are sent as they are, unsigned. */
  readonly answer: ProfileAnswer | undefined;
  /** Returns true if the head looks like this profile. Then no other way to sign is tried. */
  matches(head: ProfileHead): boolean;
  /**
   * Reads a request; undefined if it is malformed, or could be read in two ways. Without `readsBody`, app, key and time
   * do not depend on the body.
   */
  read(head: ProfileHead, body: string): ProfileReading | undefined;
}

/** Returns true for the id of an app or a key. */
export function isCallerId(text: string | undefined): text is string {
  return text !== undefined && /^[A-Za-z0-9_-]{1,64}$/.test(text);
}
