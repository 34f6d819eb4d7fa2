/**
 * The parts of xml-crypto and xmldom that are used here. Their own types bring those of browsers into the whole project,
 * so both are loaded without them.
 */
import { createRequire } from 'node:module';

export interface XmlElement {
  readonly namespaceURI: string | null;
  readonly localName: string;
  readonly textContent: string | null;
  readonly childNodes: ArrayLike<XmlElement>;
  getAttribute(name: string): string | null;
}

interface SignedXmlOptions {
  readonly idMode: 'wssecurity';
  readonly privateKey?: string;
  readonly publicCert?: string;
  readonly signatureAlgorithm?: string;
  readonly canonicalizationAlgorithm?: string;
  readonly getKeyInfoContent?: () => string;
  readonly getCertFromKeyInfo?: () => null;
}

interface SignedXml {
  addReference(reference: { readonly xpath: string; readonly transforms: readonly string[]; readonly digestAlgorithm: string }): void;
  computeSignature(xml: string, options: { readonly prefix: string; readonly location: { readonly reference: string } }): void;
  getSignatureXml(): string;
  loadSignature(signature: XmlElement): void;
  checkSignature(xml: string): boolean;
  /** Returns what the verified signature covers, in canonical form. */
  getSignedReferences(): readonly string[];
}

interface DomParser {
  parseFromString(text: string, mediaType: string): { readonly documentElement: XmlElement | null };
}

type OnProblem = () => void;

const require = createRequire(import.meta.url);
export const { SignedXml } = require('xml-crypto') as { readonly SignedXml: new (options: SignedXmlOptions) => SignedXml };
export const { DOMParser } = require('@xmldom/xmldom') as {
  readonly DOMParser: new (options: {
    readonly errorHandler: { readonly warning: OnProblem; readonly error: OnProblem; readonly fatalError: OnProblem };
  }) => DomParser;
};
