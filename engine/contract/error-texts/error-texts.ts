/**
 * Returns errors and issues in the reader's language. The server's own messages are the English ones; the Chinese
 * texts are in `error-texts/`.
 */
import type { AppError, ErrorValues } from '../values/errors.ts';
import { controlTexts } from './control.ts';
import { cryptoTexts } from './crypto.ts';
import { databaseTexts } from './database.ts';
import { extensionTexts } from './extension.ts';
import { fileTexts } from './file.ts';
import { expressionTexts } from './expression.ts';
import { flowTexts } from './flow.ts';
import { gatewayTexts } from './gateway.ts';
import { hostTexts } from './host.ts';
import { fhirTexts } from './fhir.ts';
import { messagingTexts } from './messaging.ts';
import { nodeTexts } from './node.ts';
import { wsdlTexts } from './wsdl.ts';
import { payloadTexts } from './payload.ts';
import { runTexts } from './run.ts';
import { schemaTexts } from './schema.ts';
import { storeTexts } from './store.ts';
import type { ErrorTemplates } from './template.ts';
import { reasonText, words } from './words.ts';
import type { Text } from '../values/texts.ts';

export type Language = keyof Text;

/** The fields needed from an `AppError`, `ErrorRecord`, `Issue` or error body of the admin API. */
export interface TranslatableError {
  readonly code: string;
  readonly message: string;
  readonly values?: ErrorValues | undefined;
  readonly fix?: string | undefined;
  readonly text?: Text | undefined;
}

export interface ErrorText {
  /** What happened, with its values filled in. */
  readonly what: string;
  /** What the reader should do now. */
  readonly fix?: string;
  /** The server's English message, if it says more than `what`; shown as the original in small print. */
  readonly original?: string;
}

/**
 * All templates. The key is the code; `CODE/problem` for one of several messages of a code; `schema/keyword` for
 * violations of any JSON Schema.
 */
export const errorTemplates: ErrorTemplates = {
  ...gatewayTexts,
  ...flowTexts,
  ...runTexts,
  ...expressionTexts,
  ...nodeTexts,
  ...cryptoTexts,
  ...wsdlTexts,
  ...databaseTexts,
  ...fhirTexts,
  ...messagingTexts,
  ...extensionTexts,
  ...fileTexts,
  ...payloadTexts,
  ...controlTexts,
  ...storeTexts,
  ...hostTexts,
  ...schemaTexts,
};

/**
 * Returns the error in `language`. If a code has no Chinese text (an error of a third-party node type), the Chinese
 * text only names the code, and `original` contains the English message.
 */
export function errorText(error: TranslatableError, language: Language): ErrorText {
  const { code, message, values = {}, text } = error;
  const ownFix = error.fix === undefined ? {} : { fix: error.fix };
  if (language === 'en') return { what: text?.en ?? message, ...ownFix };
  if (text !== undefined) return { what: text['zh-CN'] };
  const template = templateOf(code, values['problem']);
  if (template === undefined) return { what: `出现错误（${code}）`, original: [message, error.fix].filter(Boolean).join(' ') };
  // Errors that concern one other system name it first, in both languages.
  const peer = values['peer'] === undefined ? '' : `${String(values['peer'])}：`;
  return {
    what: `${peer}${fill(template.what, values)}`,
    ...(template.fix === undefined ? {} : { fix: fill(template.fix, values) }),
    ...(template.original === true ? { original: message } : {}),
  };
}

/**
 * Returns what happened and what to do, in Chinese and in English. Used by a node's `check`, which must return texts
 * in both languages.
 */
export function bothTexts(error: AppError): Text {
  const { what, fix } = errorText(error, 'zh-CN');
  return {
    'zh-CN': fix === undefined ? what : `${what}。${fix.replace(/。$/, '')}`,
    en: error.fix === undefined ? error.message : `${error.message} ${error.fix}`,
  };
}

function templateOf(code: string, problem: ErrorValues[string] | undefined): ErrorTemplates[string] | undefined {
  const keys = problem === undefined ? [code] : [`${code}/${String(problem)}`, `schema/${String(problem)}`, code];
  const key = keys.find((candidate) => Object.hasOwn(errorTemplates, candidate));
  return key === undefined ? undefined : errorTemplates[key];
}

/**
 * Fills in `{name}`. A part in `[…]` is left out if one of the values it names is absent. Outside such a part, an
 * absent value becomes a dash.
 */
function fill(template: string, values: ErrorValues): string {
  const present = template.replaceAll(/\[([^[\]]*)\]/g, (whole, inner: string) => {
    const names = [...inner.matchAll(PLACEHOLDER)].map(([, name]) => name!);
    if (names.length === 0) return whole;
    return names.every((name) => Object.hasOwn(values, name)) ? inner : '';
  });
  return present.replaceAll(PLACEHOLDER, (_, name: string) => (Object.hasOwn(values, name) ? wordOf(name, values[name]!) : '—'));
}

/** Values that may be sentences of a library or of another system. */
const FOREIGN = new Set(['reason', 'cause', 'message', 'answer']);

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;

/**
 * Returns the Chinese word for a value that is a term of the product (an effect, a type, a network reason), and other
 * values as text.
 */
function wordOf(name: string, value: ErrorValues[string]): string {
  const known = Object.hasOwn(words, name) ? words[name]! : {};
  const text = String(value);
  if (name === 'expected')
    return text
      .split(',')
      .map((part) => known[part] ?? part)
      .join('或');
  if (FOREIGN.has(name)) return reasonText(text, words['reason']!);
  return Object.hasOwn(known, text) ? known[text]! : text;
}
