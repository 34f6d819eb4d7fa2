/** Namespaces of WSDL 1.1, its SOAP bindings and XML Schema. */
export const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
export const WSDL2 = 'http://www.w3.org/ns/wsdl';
export const SOAP11 = 'http://schemas.xmlsoap.org/wsdl/soap/';
export const SOAP12 = 'http://schemas.xmlsoap.org/wsdl/soap12/';
export const MIME = 'http://schemas.xmlsoap.org/wsdl/mime/';
export const XSD = 'http://www.w3.org/2001/XMLSchema';
export const XML = 'http://www.w3.org/XML/1998/namespace';
/** Encodings of SOAP 1.1 section 5 and SOAP 1.2 part 2 section 3. */
export const ENCODINGS: ReadonlySet<string> = new Set([
  'http://schemas.xmlsoap.org/soap/encoding/',
  'http://www.w3.org/2003/05/soap-encoding',
]);
/**
 * Namespaces of standards. Descriptions import them without their files, or from servers of standards bodies; nothing
 * is fetched for them, and what is in them has an open structure.
 */
export const STANDARD: ReadonlySet<string> = new Set([
  ...ENCODINGS,
  XML,
  XSD,
  WSDL,
  'http://schemas.xmlsoap.org/soap/envelope/',
  'http://www.w3.org/2003/05/soap-envelope',
  'http://www.w3.org/2005/05/xmlmime',
  'http://www.w3.org/2004/11/xmlmime',
  'http://www.w3.org/2004/06/xmlmime',
  'http://www.w3.org/2004/08/xop/include',
  'http://www.w3.org/2000/09/xmldsig#',
  'http://www.w3.org/2001/04/xmlenc#',
  'http://www.w3.org/2005/08/addressing',
  'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  'http://ws-i.org/profiles/basic/1.1/xsd',
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd',
]);
