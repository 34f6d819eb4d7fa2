/** The tasks of a parser thread. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { findJsonExcess, scanJson, type JsonExcess } from '../../../engine/contract/schema/scan-json.ts';
import { compileFirstBreach, type JsonSchema } from '../../../engine/schema/compile-schema.ts';
import { keepLast } from '../../../engine/schema/keep-last.ts';
import { decodeText } from '../charset/text-charset.ts';
import { parseJson, type ParseJsonOptions } from '../json/parse-json.ts';
import { parseMail, parseMailRest } from '../mail/parse-mail.ts';
import { parseXml, type ParseXmlOptions } from '../xml/parse-xml.ts';
import { serialiseXml, type SerialiseXmlOptions } from '../xml/serialise-xml.ts';
import { xmlCharset } from '../xml/xml-charset.ts';

export type ParseTask =
  | { readonly kind: 'json'; readonly source: Uint8Array | string; readonly charset: string; readonly options: ParseJsonOptions }
  /** If `charset` is undefined, `xmlCharset` finds it in the document. */
  | { readonly kind: 'xml'; readonly source: Uint8Array | string; readonly charset: string | undefined; readonly options: ParseXmlOptions }
  /** `charset` is for what names none in the mail; UTF-8 if undefined. */
  | { readonly kind: MailKind; readonly source: Uint8Array; readonly charset: string | undefined };

/** `mail-rest` is a mail whose attachments were taken out before. */
type MailKind = 'mail' | 'mail-rest';

/** Tasks that run in a thread only if the data is large. For small data, callers do the work themselves. */
export type LargeTask =
  | { readonly kind: 'xml-text'; readonly data: unknown; readonly options: SerialiseXmlOptions }
  /** `schema` is JSON text. */
  | { readonly kind: 'schema'; readonly data: unknown; readonly schema: string };

/** Returns the function that runs tasks in a thread. It caches compiled schemas. `readAnswer` reads its results. */
export function createTasks(): (task: ParseTask | LargeTask) => unknown {
  const breachBy = keepLast(10, (schema) => compileFirstBreach(JSON.parse(schema) as JsonSchema));
  return (task) => {
    if (task.kind === 'xml-text') return serialiseXml(task.data, task.options);
    if (task.kind !== 'schema' && isMail(task)) return runParseTask(task);
    // Return JSON text instead of the value, because the event loop must do the work of receiving it. Receiving many
    // small values as a structured clone takes two to four times as long as parsing their text.
    if (task.kind !== 'schema') return toBoundedJson(runParseTask(task));
    return breachBy(task.schema)(task.data);
  };
}

/** Returns a value as JSON. Throws PARSE_TOO_COSTLY (input) if parsing it would block the event loop for too long. */
export function toBoundedJson(value: unknown): string {
  const text = JSON.stringify(value);
  const excess = findJsonExcess(
    scanJson(text, () => true),
    text,
  );
  if (excess === undefined) return text;
  const { of, found, limit } = excess;
  throw new AppError('PARSE_TOO_COSTLY', 'input', `The payload has more than ${limit} ${EXCESS_WORDS[of].what}.`, {
    values: { problem: of, found, limit },
    fix: EXCESS_WORDS[of].fix,
  });
}

const EXCESS_WORDS: Readonly<Record<JsonExcess['of'], { readonly what: string; readonly fix: string }>> = {
  values: { what: 'values', fix: 'Send it in several messages, or send long lists as one text.' },
  names: { what: 'different field names', fix: 'Use lists with the ids as values, or send it in several messages.' },
  orders: {
    what: 'different field orders',
    fix: 'Use the same fields in the same order for objects of the same kind, or send it in several messages.',
  },
  wide: {
    what: 'fields beyond the first thousand of objects',
    fix: 'Use lists with the ids as values, or send it in several messages.',
  },
};

/** Mails are always parsed in a thread, because their size does not show the cost of their parts and headers. */
export function isMail(task: ParseTask): task is Extract<ParseTask, { readonly kind: MailKind }> {
  return task.kind === 'mail' || task.kind === 'mail-rest';
}

/** Returns the parsed value. `answer` is the result of the task in the thread. */
export function readAnswer(task: ParseTask, answer: unknown): unknown {
  return isMail(task) ? answer : (JSON.parse(answer as string) as unknown);
}

/** Parses in the current thread. Returns the value, or a promise of it. */
export function runParseTask(task: ParseTask): unknown {
  if (isMail(task)) return (task.kind === 'mail' ? parseMail : parseMailRest)(task.source, task.charset);
  const { source } = task;
  if (task.kind === 'json') return parseJson(typeof source === 'string' ? source : decodeText(source, task.charset), task.options);
  return parseXml(typeof source === 'string' ? source : decodeText(source, task.charset ?? xmlCharset(source)), task.options);
}
