/** What a parser thread can be asked for. Pure. */
import { decodeText } from '../charset/text-charset.ts';
import { parseJson, type ParseJsonOptions } from '../json/parse-json.ts';
import { parseMail } from '../mail/parse-mail.ts';
import { parseXml, type ParseXmlOptions } from '../xml/parse-xml.ts';
import { xmlCharset } from '../xml/xml-charset.ts';

export type ParseTask =
  | { readonly kind: 'json'; readonly source: Uint8Array | string; readonly charset: string; readonly options: ParseJsonOptions }
  /** Without a charset from the transport, the XML declaration decides, then `fallback`. */
  | { readonly kind: 'xml'; readonly source: Uint8Array | string; readonly charset: string | undefined; readonly options: ParseXmlOptions }
  | { readonly kind: 'mail'; readonly source: Uint8Array };

/** The value, or a promise of it. */
export function runParseTask(task: ParseTask): unknown {
  if (task.kind === 'mail') return parseMail(task.source);
  const { source } = task;
  if (task.kind === 'json') return parseJson(typeof source === 'string' ? source : decodeText(source, task.charset), task.options);
  return parseXml(typeof source === 'string' ? source : decodeText(source, task.charset ?? xmlCharset(source)), task.options);
}
