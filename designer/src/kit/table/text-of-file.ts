/** Decodes a file as UTF-8. If it is not UTF-8, decodes it as GB18030, which Chinese Excel writes. */
export function textOfFile(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}
