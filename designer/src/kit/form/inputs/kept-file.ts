/** A file as a form keeps it: Base64 of its gzip form, or of the ZIP archive that it is. */
export interface KeptFile {
  readonly name: string;
  readonly content: string;
}

export async function keptFile(file: File): Promise<KeptFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const kept = isZip ? bytes : new Uint8Array(await new Response(file.stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
  return { name: file.name.slice(-200), content: base64(kept) };
}

const PIECE = 8192;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}
