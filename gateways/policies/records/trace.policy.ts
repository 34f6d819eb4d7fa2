import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { createTraceId } from '../../shared/trace-ids.ts';

/**
 * Gives each request a trace id of our own, or the one from the gateway in the DMZ. The caller's own id is adopted
 * after authentication (`adoptTraceId`).
 */
export default definePolicy({
  name: 'trace',
  stage: 'trace',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '链路标识', en: 'Trace id' },
    help: {
      'zh-CN': '为每个请求生成链路标识，并在响应头 X-KQ-Trace 中返回。',
      en: 'Creates a trace id for each request and returns it in X-KQ-Trace.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile: () => (exchange) => {
    exchange.traceId = exchange.relay?.traceId ?? createTraceId();
    return undefined;
  },
});
