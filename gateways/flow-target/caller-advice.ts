/**
 * Gives advice to a caller about an error of a flow. Much of the platform's own advice is for the people who edit or
 * run the flow. They read it in the console, so a caller gets other advice.
 */
import type { Text } from '../../engine/contract/values/texts.ts';

/** Groups of codes for errors that can only be fixed by changing the flow, its adapters or its tables. */
const FOR_AUTHORS = /^(ADAPTER|CODE|DATABASE|EXPRESSION|FOREACH|HTTP|JOIN|MAP|MLLP|NODE|OUTBOUND|SCRIPT|SECRET|SET|SOAP|SUBFLOW|WAIT)_/;

const OF_CODE: Readonly<Record<string, Text>> = {
  CODE_UNKNOWN: {
    'zh-CN': '请改用接口约定的代码；代码无误时，请把 traceId 告诉接口的提供方。',
    en: 'Send a code that the interface knows; if the code is right, give the traceId to the provider of the interface.',
  },
};

const OF_ANY: Text = {
  'zh-CN': '请按接口约定核对请求内容；内容无误时，请把 traceId 告诉接口的提供方。',
  en: 'Compare the request with the definition of the interface; if the request is right, give the traceId to the provider of the interface.',
};

/** Returns the advice that replaces the error's own; undefined if the error's own advice also helps callers. */
export function callerAdvice(code: string): Text | undefined {
  return OF_CODE[code] ?? (FOR_AUTHORS.test(code) ? OF_ANY : undefined);
}
