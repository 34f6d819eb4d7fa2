import { Type, type Static } from 'typebox';
import { fieldText } from '../../engine/contract/values/texts.ts';
import type { Answer } from '../contract.ts';
import { closed, OneOf } from '../documents/document-fields.ts';
import { followPointer, readPointer } from './json-pointer.ts';
import { parseJson } from '../shared/parse-json.ts';
import { unpackAnswer } from './unpack-answer.ts';

/** Larger responses are judged by their status only: they are parsed on the event loop. */
const MOST_BYTES = 128 * 1024;

/** What counts as a failure besides what always does, as options of a policy. */
export const FAILURE_FIELDS = {
  failureStatuses: Type.Optional(
    Type.Array(Type.String({ pattern: '^[1-5][0-9]{2}$' }), {
      ...fieldText(
        '另算失败的状态码',
        'More failure statuses',
        '超时、连接失败和 5xx（501、505 除外）总算失败；4xx 只有列在此处才算。',
        'Time-outs, failed connections and 5xx (but 501 and 505) always count as failures; 4xx only if listed here.',
        { example: '429' },
      ),
      maxItems: 20,
    }),
  ),
  failureField: Type.Optional(
    Type.Object(
      {
        pointer: Type.String({
          ...fieldText('字段', 'Field', 'JSON Pointer，以 / 开头。', 'A JSON Pointer, beginning with /.', { example: '/code' }),
          pattern: '^/\\S{0,200}$',
        }),
        values: Type.Array(Type.String({ maxLength: 200 }), {
          ...fieldText(
            '取值',
            'Values',
            '数字和 true、false、null 按其写法比较。',
            'Numbers, true, false and null are compared as written.',
            {
              example: '-1',
            },
          ),
          minItems: 1,
          maxItems: 50,
        }),
        when: OneOf(['equals', 'differs'], {
          ...fieldText('何时算失败', 'Fails when', undefined, undefined, {
            options: { equals: ['等于其中之一', 'It equals one of them'], differs: ['不等于其中任何一个', 'It equals none of them'] },
          }),
          default: 'equals',
        }),
      },
      {
        ...fieldText(
          '按应答字段判断失败',
          'Failures told by a field',
          '后端出错时仍返回 200 的，按 2xx 应答中的一个 JSON 字段判断。应答须先全部收到（最多 10 MB）再转发；超过 128 KB、不是 JSON 或没有该字段的，只看状态码。',
          'For services that return 200 when they fail: a JSON field of a 2xx response decides. The response is held until it is complete (up to 10 MB). One above 128 KB, one that is no JSON, or without the field is judged by its status only.',
        ),
        ...closed,
      },
    ),
  ),
};

export interface FailureOptions {
  readonly failureStatuses?: readonly string[] | undefined;
  readonly failureField?: Static<NonNullable<(typeof FAILURE_FIELDS)['failureField']>> | undefined;
}

/** Tells whether a response says that the call failed, although its status is none of a failure. */
export type IsFailed = (status: number, answer: Answer | undefined) => boolean | Promise<boolean>;

/** `answer` is undefined for a response that was streamed: then there is no field to read. */
export function createFailureJudge({ failureStatuses = [], failureField }: FailureOptions): IsFailed {
  const statuses = new Set(failureStatuses.map(Number));
  if (failureField === undefined) return (status) => statuses.has(status);
  const { pointer, values, when } = failureField;
  const tokens = readPointer(pointer);
  const listed = new Set(values);
  const isFailedValue = (value: unknown) =>
    value !== undefined && (typeof value !== 'object' || value === null) && listed.has(String(value)) === (when === 'equals');
  return (status, answer) => {
    if (answer === undefined || status >= 300 || statuses.has(status)) return statuses.has(status);
    return unpackAnswer(answer, MOST_BYTES).then((bytes) => {
      const read = bytes === undefined ? undefined : parseJson(bytes);
      return read !== undefined && 'value' in read && isFailedValue(followPointer(read.value, tokens));
    });
  };
}
