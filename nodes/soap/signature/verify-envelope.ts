/**
 * Verifies the signature of an answer. Only what was signed is returned, so that a body which someone put beside the
 * signed one is never read.
 */
import { X509Certificate } from 'node:crypto';
import { DIGESTS, DSIG, EXCLUSIVE, SIGNATURES, WSSE, WSU } from './names.ts';
import { signatureError } from './signature-error.ts';
import { readCertificates } from './signing-key.ts';
import { DOMParser, SignedXml, type XmlElement } from './xml-crypto.ts';

const MOST_MS_OFF = 300_000;
const MOST_REFERENCES = 20;

/**
 * Returns the signed body as XML. The time of the answer must be signed too. `trusted`: PEM of certificates of the
 * other side, or of those that issue them.
 */
export function verifyEnvelope(envelope: string, trusted: string, nowMs: number): string {
  const root = parse(envelope).documentElement!;
  const header = only(root, root.namespaceURI ?? '', 'Header');
  const securities = header === undefined ? [] : childrenOf(header, WSSE, 'Security');
  const [signature, ...more] = securities.flatMap((security) => childrenOf(security, DSIG, 'Signature'));
  if (signature === undefined || more.length > 0) throw signatureError('unsigned');
  requireAlgorithms(signature);
  const tokens = securities.flatMap((security) => childrenOf(security, WSSE, 'BinarySecurityToken'));
  const signed = signersOf(tokens, trusted, nowMs)
    .map((certificate) => check(envelope, signature, certificate))
    .find((references) => references !== undefined);
  if (signed === undefined) throw signatureError(signersOf(tokens, trusted, nowMs).length === 0 ? 'certificate' : 'wrong');
  const parts = signed.map((text) => ({ text, element: parse(text).documentElement! }));
  const body = parts.find(({ element }) => is(element, root.namespaceURI ?? '', 'Body'));
  if (body === undefined) throw signatureError('body');
  const timestamps = parts.map(({ element }) => element).filter((element) => is(element, WSU, 'Timestamp'));
  requireTime(timestamps, nowMs);
  return `<Envelope xmlns="${root.namespaceURI}">${body.text}</Envelope>`;
}

/** Returns what the signature covers, in canonical form; undefined if it is not by this certificate. */
function check(envelope: string, signature: XmlElement, certificate: X509Certificate): readonly string[] | undefined {
  const verifier = new SignedXml({ publicCert: certificate.toString(), idMode: 'wssecurity', getCertFromKeyInfo: () => null });
  try {
    verifier.loadSignature(signature);
    return verifier.checkSignature(envelope) ? verifier.getSignedReferences() : undefined;
  } catch {
    return undefined;
  }
}

function signersOf(tokens: readonly XmlElement[], pem: string, nowMs: number): readonly X509Certificate[] {
  const trusted = readCertificates(pem);
  const sent = tokens.flatMap(({ textContent }) => {
    try {
      return [new X509Certificate(Buffer.from(textContent ?? '', 'base64'))];
    } catch {
      return [];
    }
  });
  const issued = sent.filter((one) => trusted.some((issuer) => issuer.ca && one.checkIssued(issuer) && one.verify(issuer.publicKey)));
  return [...trusted, ...issued].filter(
    ({ validFromDate, validToDate }) => validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime(),
  );
}

function requireAlgorithms(signature: XmlElement): void {
  const info = only(signature, DSIG, 'SignedInfo');
  const references = info === undefined ? [] : childrenOf(info, DSIG, 'Reference');
  if (info === undefined || references.length === 0 || references.length > MOST_REFERENCES) throw signatureError('unsigned');
  const algorithmOf = (element: XmlElement | undefined) => element?.getAttribute('Algorithm') ?? '';
  const transforms = references.flatMap((reference) => childrenOf(only(reference, DSIG, 'Transforms'), DSIG, 'Transform'));
  const isAccepted =
    SIGNATURES.has(algorithmOf(only(info, DSIG, 'SignatureMethod'))) &&
    [only(info, DSIG, 'CanonicalizationMethod'), ...transforms].every((one) => algorithmOf(one) === EXCLUSIVE) &&
    references.every((reference) => DIGESTS.has(algorithmOf(only(reference, DSIG, 'DigestMethod'))));
  if (!isAccepted) throw signatureError('algorithm');
}

/** `Created` decides, since an `Expires` far ahead would let somebody send an old answer again. */
function requireTime(timestamps: readonly XmlElement[], nowMs: number): void {
  const created = timestamps.map((timestamp) => Date.parse(only(timestamp, WSU, 'Created')?.textContent ?? ''));
  if (created.length === 0 || created.some((at) => Number.isNaN(at))) throw signatureError('timestamp');
  if (created.some((at) => Math.abs(at - nowMs) > MOST_MS_OFF)) throw signatureError('expired');
}

function parse(text: string) {
  const refuse = () => {
    throw signatureError('wrong');
  };
  return new DOMParser({ errorHandler: { warning: () => undefined, error: refuse, fatalError: refuse } }).parseFromString(text, 'text/xml');
}

function childrenOf(element: XmlElement | undefined, uri: string, name: string): readonly XmlElement[] {
  if (element === undefined) return [];
  return Array.from(element.childNodes).filter((child) => is(child, uri, name));
}

function only(element: XmlElement, uri: string, name: string): XmlElement | undefined {
  const found = childrenOf(element, uri, name);
  return found.length === 1 ? found[0] : undefined;
}

function is({ namespaceURI, localName }: XmlElement, uri: string, name: string): boolean {
  return namespaceURI === uri && localName === name;
}
