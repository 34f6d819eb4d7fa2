/**
 * The charset of what a mail does not declare: 8-bit bytes in headers, and texts without one. The library reads them as UTF-8
 * and puts U+FFFD in place of the rest, so its parser is extended at two places before it decodes.
 */
import { isUtf8 } from 'node:buffer';
import type PostalMime from 'postal-mime';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { decodeText } from '../charset/text-charset.ts';

/** What is used of a part. The types of the library leave it out. */
interface Part {
  readonly state: 'header' | 'body' | 'finished';
  readonly content: ArrayBuffer | null;
  readonly contentType: { readonly parsed: { readonly params: { charset?: string } } };
}

interface Parser extends PostalMime {
  readonly currentNode: Part;
  processLine(line: Uint8Array, isLast: boolean): Promise<void>;
  collectNode(part: Part, ...rest: unknown[]): Promise<void>;
  isInlineTextNode(part: Part): boolean;
}

/** RFC 2045, 5.2: the charset of a text that names none. Programs that name it send other bytes nevertheless. */
const UNDECLARED = /^(|(us-)?ascii)$/i;

/**
 * Lets the parser read undeclared bytes as UTF-8 if they are that, otherwise in this charset. It then rejects with
 * MAIL_CHARSET (input) where a character would be lost, also in a text that is not of the charset that it declares.
 */
export function readUndeclaredAs(charset: string, given: PostalMime): PostalMime {
  const parser = given as Parser;
  const { processLine, collectNode } = parser;
  function readLine(line: Uint8Array, isLast: boolean): Promise<void> {
    const isHeader = parser.currentNode.state === 'header' && !isUtf8(line);
    return processLine.call(parser, isHeader ? Buffer.from(decode(line, charset)) : line, isLast);
  }
  function collect(part: Part, ...rest: unknown[]): Promise<void> {
    if (part.content !== null && parser.isInlineTextNode(part)) setCharset(part, new Uint8Array(part.content), charset);
    return collectNode.call(parser, part, ...rest);
  }
  parser.processLine = readLine;
  parser.collectNode = collect;
  return parser;
}

function setCharset({ contentType }: Part, bytes: Uint8Array, charset: string): void {
  const { params } = contentType.parsed;
  const declared = (params.charset ?? '').trim();
  if (!UNDECLARED.test(declared)) return requireText(bytes, declared);
  params.charset = 'utf-8';
  if (isUtf8(bytes)) return;
  decode(bytes, charset);
  params.charset = charset;
}

function decode(bytes: Uint8Array, charset: string): string {
  try {
    return decodeText(bytes, charset);
  } catch (cause) {
    throw new AppError('MAIL_CHARSET', 'input', `The mail names no charset for a text or header that is not ${charset}.`, {
      values: { charset },
      fix: 'Set the charset of the adapter to that of the sender, such as GB18030, or ask the sender to name it in the mail.',
      cause,
    });
  }
}

/** A charset that Node does not know is left to the library, which knows more names. */
function requireText(bytes: Uint8Array, charset: string): void {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(charset, { fatal: true });
  } catch {
    return;
  }
  try {
    decoder.decode(bytes);
  } catch (cause) {
    throw new AppError('MAIL_CHARSET', 'input', `A text of the mail is not ${decoder.encoding}, which the mail declares.`, {
      values: { problem: 'declared', charset: decoder.encoding },
      fix: 'Ask the sender to send it again with the right charset.',
      cause,
    });
  }
}
