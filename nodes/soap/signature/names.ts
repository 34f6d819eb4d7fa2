/** Names of OASIS WS-Security 1.1 (SOAP Message Security, X.509 Token Profile) and of XML Signature. */
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
export const WSSE = `${WSS}-wssecurity-secext-1.0.xsd`;
export const WSU = `${WSS}-wssecurity-utility-1.0.xsd`;
export const BASE64 = `${WSS}-soap-message-security-1.0#Base64Binary`;
export const X509V3 = `${WSS}-x509-token-profile-1.0#X509v3`;
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
export const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
/** Algorithms that an answer may use. SHA-1 is not among them, since it no longer proves who signed. */
export const SIGNATURES: ReadonlySet<string> = new Set([RSA_SHA256, 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512']);
export const DIGESTS: ReadonlySet<string> = new Set([SHA256, 'http://www.w3.org/2001/04/xmlenc#sha512']);
export const BODY_ID = 'kq-body';
export const TIMESTAMP_ID = 'kq-timestamp';
export const TOKEN_ID = 'kq-token';
