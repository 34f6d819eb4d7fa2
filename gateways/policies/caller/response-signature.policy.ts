import { isUtf8 } from 'node:buffer';
import { Type } from 'typebox';
import { ALL_PROFILES } from '../../../engine/contract/compatibility/profiles.ts';
import { endOfNested } from '../../../engine/contract/compatibility/signed-parameters.ts';
import {
  canonicalAnswer,
  digestOfScheme,
  isAnswerHeaderSigned,
  isSignableValue,
  signedAnswerHeaders,
} from '../../../engine/contract/kq1/kq1.ts';
import { createThrottledWarning } from '../../../engine/contract/values/throttled-warning.ts';
import { definePolicy, type Answer, type Exchange, type PolicyDeps, type ProfileProof } from '../../contract.ts';
import { mediaTypeOf } from '../../content/media.ts';
import { hasNoBody } from '../../shared/has-no-body.ts';

const NOTHING = new Uint8Array(0);
const NO_NAMES: readonly string[] = [];

/**
 * Signs every response to an authenticated request, including errors. The signature covers the request's digest,
 * status, nonce, time, headers and body, so that a response cannot be used for another request. Signs with the
 * platform's SM2 key, or with the shared secret if the caller signs with HMAC. A response of a compatibility profile has
 * the form of the profile.
 */
export default definePolicy({
  name: 'response-signature',
  stage: 'seal',
  fronts: ['open'],
  text: {
    label: { 'zh-CN': '响应签名', en: 'Answer signature' },
    help: { 'zh-CN': '对响应签名：X-KQ-Signature、X-KQ-Keyid、X-KQ-Ts。', en: 'Signs the response: X-KQ-Signature, X-KQ-Keyid, X-KQ-Ts.' },
  },
  options: Type.Object({}, { additionalProperties: false }),
  reads: () => ({ answer: true }),
  isDefault: () => true,
  isOptional: () => false,
  compile: (_options, target, _front, deps) => {
    const { clock, crypto, log, keepers } = deps;
    const warn = keepers.ofGateway('warning of headers left out', () =>
      createThrottledWarning(log, clock, 'gateway.answer-header-left-out'),
    );
    return (exchange) => {
      const { proof, answer } = exchange;
      if (proof === undefined || answer === undefined) return undefined;
      if (proof.kind === 'profile') return signInProfile(exchange, answer, proof, deps);
      const { platformKey } = exchange.plan;
      if (platformKey === undefined) throw new TypeError('a plan that is handed out signs no answers');
      const usesSecret = proof.scheme !== 'SM2-SM3';
      const keyId = usesSecret ? proof.keyId : platformKey.keyId;
      const ts = String(clock.now());
      for (const header of makeSignable(answer.headers)) warn({ interfaceId: target?.interfaceId, header, traceId: exchange.traceId });
      // The trace id is added when the response is written. It is signed like every x-kq header.
      const headers = signedAnswerHeaders([...Object.entries(answer.headers), ['x-kq-trace', exchange.traceId]]);
      const body = hasNoBody(answer.status) ? NOTHING : (answer.body ?? NOTHING);
      const bodyDigest = Buffer.from(crypto.digest(digestOfScheme(proof.scheme), body)).toString('hex');
      const text = canonicalAnswer({
        requestDigest: proof.canonicalDigest,
        scheme: proof.scheme,
        status: answer.status,
        nonce: proof.nonce,
        ts,
        keyId,
        headers,
        bodyDigest,
      });
      const signature = crypto.sign(usesSecret ? proof.key : platformKey.handle, Buffer.from(text, 'latin1'));
      if (signature instanceof Promise) return signature.then((bytes) => attach(answer, bytes, keyId, ts));
      return attach(answer, signature, keyId, ts);
    };
  },
});

/**
 * Makes the headers of a response signable, and returns the names of those that were left out. A service may send
 * headers with characters that a signature cannot cover. The response must not be lost for that reason, least of all
 * after a write. In `location` such characters are percent-encoded (RFC 3986, 2.1). Other headers with such characters
 * are left out.
 */
function makeSignable(headers: Record<string, string>): readonly string[] {
  let leftOut = NO_NAMES;
  for (const name in headers) {
    const value = headers[name]!;
    if (!isAnswerHeaderSigned(name) || isSignableValue(value)) continue;
    const encoded = name === 'location' ? percentEncode(value) : value;
    if (isSignableValue(encoded)) headers[name] = encoded;
    else {
      delete headers[name];
      leftOut = [...leftOut, name];
    }
  }
  return leftOut;
}

/** Encodes a header value. Each character is one byte as received. */
function percentEncode(latin1: string): string {
  return latin1.replace(/[^\t\x20-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function attach(answer: Answer, signature: Uint8Array, keyId: string, ts: string): undefined {
  answer.headers['x-kq-signature'] = Buffer.from(signature).toString('base64url');
  answer.headers['x-kq-keyid'] = keyId;
  answer.headers['x-kq-ts'] = ts;
}

/**
 * Writes a response in the form of its profile, and signs it if the platform has an RSA key for that. The signature binds
 * the response to its content, but not to its request.
 */
async function signInProfile(
  { plan }: Exchange,
  answer: Answer,
  { profile, operation }: ProfileProof,
  { clock, crypto }: Pick<PolicyDeps, 'clock' | 'crypto'>,
): Promise<undefined> {
  const { profileSigner } = plan;
  // A service must not speak in the platform's name, least of all where the response is not signed.
  for (const name of Object.keys(answer.headers))
    if (SIGNATURE_HEADERS.some((start) => name.startsWith(start))) delete answer.headers[name];
  const form = profile.answer;
  if (form === undefined) return;
  const whole = hasNoBody(answer.status) ? NOTHING : (answer.body ?? NOTHING);
  const body = form.takesJsonOnly ? objectOf(answer, whole) : whole;
  if (body === undefined) return;
  const timestamp = String(Math.floor(clock.now() / 1000));
  const nonce = Buffer.from(crypto.randomBytes(16)).toString('hex');
  const signed = enclose(form.signedText(timestamp, nonce), body);
  const signature = profileSigner && {
    keyId: profileSigner.keyId,
    text: Buffer.from(await crypto.sign(profileSigner.handle, signed)).toString('base64'),
  };
  const { headers, around } = form.write({ timestamp, nonce, operation, signature });
  Object.assign(answer.headers, headers);
  if (around !== undefined) answer.body = enclose(around, body);
}

const SIGNATURE_HEADERS = ALL_PROFILES.flatMap(({ answer }) => answer?.headerPrefix ?? []);

/**
 * Returns the text of a body that is one JSON object, without blanks around it; undefined if it is none. Only such a body
 * can be enclosed so that it cannot end the enclosing object itself. One that is not valid inside stays not valid.
 */
function objectOf({ headers }: Answer, body: Uint8Array): Uint8Array | undefined {
  if (headers['content-encoding'] !== undefined || mediaTypeOf(headers['content-type'] ?? '') !== 'application/json') return undefined;
  let [start, end] = [0, body.byteLength];
  while (start < end && isBlank(body[start])) start++;
  while (start < end && isBlank(body[end - 1])) end--;
  const inner = Buffer.from(body.buffer, body.byteOffset + start, end - start);
  if (!isUtf8(inner)) return undefined;
  // Each byte as a character: in UTF-8, brackets and quotes are never parts of other characters.
  const text = inner.toString('latin1');
  return text.startsWith('{') && endOfNested(text, 0) === text.length ? inner : undefined;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function enclose([before, behind]: readonly [string, string], body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(before), body, Buffer.from(behind)]);
}
