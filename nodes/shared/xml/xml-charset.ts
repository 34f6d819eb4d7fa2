/**
 * Returns the charset of an XML document: from the byte order mark, otherwise from its declaration, otherwise what is
 * known from elsewhere, otherwise UTF-8 (XML 1.0, appendix F).
 */
export function xmlCharset(bytes: Uint8Array, otherwise = 'UTF-8'): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16BE';
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'UTF-8';
  const head = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.:-]{0,39})["']/.exec(head)?.[1] ?? otherwise;
}
