/** Decodes the content of an attachment while it streams in. */
export interface ContentDecoder {
  update(bytes: Buffer): Buffer;
  /** Returns what is left at the end. */
  end(): Buffer;
}

export const sameBytes: ContentDecoder = { update: (bytes) => bytes, end: () => Buffer.alloc(0) };

/** Decodes Base64 (RFC 2045, 6.8). Skips other characters, and goes on after padding that some programs put into each line. */
export function base64Decoder(): ContentDecoder {
  let left = '';
  return {
    update(bytes) {
      const text = left + bytes.toString('latin1').replaceAll(/[^A-Za-z0-9+/=]+/g, '');
      const units = text.split(/=+/);
      const open = units.pop()!;
      const whole = open.length - (open.length % 4);
      left = open.slice(whole);
      return Buffer.concat([...units.map(decode), decode(open.slice(0, whole))]);
    },
    end: () => decode(left),
  };
}

const decode = (text: string) => Buffer.from(text, 'base64');
