/**
 * Advice to a caller about an error of a flow. Much of the platform's own advice is for people who draw or run the
 * flow, and they read it elsewhere.
 */
import type { Text } from '../../engine/contract/values/texts.ts';

/** Areas of codes that only a change of the flow, its adapters or tables fixes. */
const FOR_AUTHORS = /^(ADAPTER|CODE|EXPRESSION|FOREACH|HTTP|JOIN|MAP|MLLP|NODE|OUTBOUND|SCRIPT|SECRET|SET|SOAP|SUBFLOW|WAIT)_/;

const OF_CODE: Readonly<Record<string, Text>> = {
  CODE_UNKNOWN: {
    'zh-CN': '请改用接口约定的代码；代码无误时，请把 traceId 告诉接口的提供方。',
    en: 'Send a code that the interface knows; if it is right, give the traceId to the provider of the interface.',
  },
};

const OF_ANY: Text = {
  'zh-CN': '请按接口约定核对请求内容；内容无误时，请把 traceId 告诉接口的提供方。',
  en: 'Compare the request with what the interface takes; if it is right, give the traceId to the provider of the interface.',
};

/** Replaces the error's own advice; undefined when that one also helps callers. */
export function callerAdvice(code: string): Text | undefined {
  return OF_CODE[code] ?? (FOR_AUTHORS.test(code) ? OF_ANY : undefined);
}
