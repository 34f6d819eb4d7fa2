/** Signs requests: WS-Security 1.1, X.509 Token Profile. The body and the timestamp are signed. */
import { EXCLUSIVE, RSA_SHA256, SHA256, TOKEN_ID, WSSE, X509V3 } from './names.ts';
import type { SigningKey } from './signing-key.ts';
import { SignedXml } from './xml-crypto.ts';

const END = '</wsse:Security>';

/** Returns the envelope with its signature. Everything else stays as it is written. */
export function signEnvelope(envelope: string, { privateKey }: SigningKey): string {
  const signer = new SignedXml({
    privateKey,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE,
    idMode: 'wssecurity',
    getKeyInfoContent: () =>
      `<wsse:SecurityTokenReference xmlns:wsse="${WSSE}"><wsse:Reference URI="#${TOKEN_ID}" ValueType="${X509V3}"/></wsse:SecurityTokenReference>`,
  });
  for (const path of ["/*/*[local-name()='Body']", "/*/*[local-name()='Header']/*[local-name()='Security']/*[local-name()='Timestamp']"])
    signer.addReference({ xpath: path, transforms: [EXCLUSIVE], digestAlgorithm: SHA256 });
  signer.computeSignature(envelope, { prefix: 'ds', location: { reference: "/*/*[local-name()='Header']/*[local-name()='Security']" } });
  const at = envelope.indexOf(END);
  return `${envelope.slice(0, at)}${signer.getSignatureXml()}${envelope.slice(at)}`;
}
