import { isUtf8 } from 'node:buffer';

const UTF8 = new TextDecoder('utf-8');
const GB18030 = new TextDecoder('gb18030', { fatal: true });

/** Decodes UTF-8, else GB18030 (with GBK in it). Returns undefined for bytes that are neither. */
export function decodeChinese(bytes: Uint8Array): string | undefined {
  if (isUtf8(bytes)) return UTF8.decode(bytes);
  try {
    return GB18030.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Returns whether bytes have the structure of GB18030: one, two or four bytes for each character (GB 18030-2022, 4.4).
 * Much faster than decoding them.
 */
export function isGb18030(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!;
    const second = bytes[at + 1] ?? 0;
    if (first < 0x80) at++;
    else if (first === 0x80 || first === 0xff) return false;
    else if (second >= 0x40 && second !== 0x7f && second !== 0xff) at += 2;
    else if (isDigit(second) && isLead(bytes[at + 2]) && isDigit(bytes[at + 3])) at += 4;
    else return false;
  }
  return true;
}

const isDigit = (byte = 0) => byte >= 0x30 && byte <= 0x39;
const isLead = (byte = 0) => byte > 0x80 && byte < 0xff;
