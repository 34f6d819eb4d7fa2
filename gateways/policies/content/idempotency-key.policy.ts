import { Type } from 'typebox';
import { definePolicy } from '../../contract.ts';
import { refuse } from '../../errors.ts';

const UNUSABLE = refuse('GW40001', {
  text: {
    'zh-CN': 'Idempotency-Key 不可用：须为 1 至 128 个可见 ASCII 字符，不含空格',
    en: 'The Idempotency-Key cannot be used: it takes 1 to 128 visible ASCII characters without blanks.',
  },
});

/**
 * Requires an `Idempotency-Key` if the interface says so. Refuses a key that is too long or has characters that a
 * header or a key in the store does not allow.
 */
export default definePolicy({
  name: 'idempotency-key',
  stage: 'schema',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '幂等键', en: 'Idempotency key' },
    help: {
      'zh-CN': '接口要求时，请求须携带 Idempotency-Key（1 至 128 个字符）。',
      en: 'If the interface requires it, the request must have an Idempotency-Key (1 to 128 characters).',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  isDefault: () => true,
  isOptional: () => false,
  compile: (_options, target) => {
    const isRequired = target!.requireIdempotencyKey === true;
    return ({ headers }) => {
      const key = headers['idempotency-key'];
      if (key === undefined) return isRequired ? refuse('GW40002') : undefined;
      return /^[\x21-\x7e]{1,128}$/.test(key) ? undefined : UNUSABLE;
    };
  },
});
