import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { withData } from '../../engine/contract/values/message.ts';
import { defineNode, errorPort, inPort, okPort } from '../../engine/contract/node/node.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import { formatHl7Time } from '../shared/hl7/acknowledge.ts';
import { controlIdOf } from '../shared/hl7/control-id.ts';
import { textSteps } from '../shared/hl7/form.ts';
import { headerField, readHl7 } from '../shared/hl7/message.ts';
import { requireOneMessage } from '../shared/hl7/require-one.ts';
import { inTurns } from '../shared/in-turns.ts';

const Config = Type.Object(
  {
    perBatch: Type.Integer({
      ...fieldText('每批消息数', 'Messages per batch', '0 表示全部放在一批。', '0 puts all into one batch.'),
      minimum: 0,
      maximum: 100_000,
      default: 0,
    }),
    file: Type.Boolean({ ...fieldText('写文件头尾', 'File header', '写 FHS 与 FTS。', 'Writes FHS and FTS.'), default: true }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

/** Builds an HL7 batch file from messages, with the counts in BTS and FTS. */
export default defineNode({
  type: 'hl7.build-batch',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'package',
  text: {
    label: { 'zh-CN': 'HL7 批文件生成', en: 'Build HL7 batch' },
    help: {
      'zh-CN': '把多条 HL7 消息写成批文件（FHS、BHS … BTS、FTS），并写好计数。',
      en: 'Writes HL7 messages as a batch file (FHS, BHS … BTS, FTS) with its counts.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  effect: 'pure',
  config: Config,
  prepare: (config) => async (ctx, message) => {
    const texts: string[] = [];
    for (const one of messagesOf(message.data)) texts.push(typeof one === 'string' ? one : await inTurns(textSteps(one), ctx.signal));
    const text = batchText(texts, config, ctx.scope.now, controlIdOf(ctx.idempotencyKey));
    return { emit: { ok: [withData(message, text, 'application/hl7-v2')] } };
  },
});

function messagesOf(data: unknown): readonly unknown[] {
  const list = isRecord(data) ? data['messages'] : data;
  if (Array.isArray(list) && list.length > 0) return list as unknown[];
  throw new AppError('HL7_BATCH_WRONG', 'input', 'This is not a correct HL7 batch: the data has no list of messages.', {
    values: { problem: 'list' },
    fix: 'Give a list of HL7 texts or of data of hl7.parse, or an object with such a list in messages.',
  });
}

/** Sender, receiver and delimiters of the envelope are those of the first message. */
function batchText(texts: readonly string[], { perBatch, file }: Config, now: number, id: string): string {
  const first = readHl7(texts[0]!);
  const { field } = first.delimiters;
  const header = (name: string, ownId: string) =>
    [name, headerField(first, 2), ...[3, 4, 5, 6].map((number) => headerField(first, number)), formatHl7Time(now), '', '', '', ownId].join(
      field,
    );
  const size = perBatch === 0 ? texts.length : perBatch;
  const lines: string[] = [];
  let batches = 0;
  for (let from = 0; from < texts.length; from += size) {
    const own = texts.slice(from, from + size);
    batches += 1;
    lines.push(header('BHS', batches === 1 ? id : `${id.slice(0, 14)}${batches}`), ...own.map(withoutEnd), `BTS${field}${own.length}`);
  }
  if (file) lines.unshift(header('FHS', id));
  if (file) lines.push(`FTS${field}${batches}`);
  return `${lines.join('\r')}\r`;
}

/** Refuses what is no message, because it would make the whole file unreadable. */
function withoutEnd(text: string): string {
  readHl7(requireOneMessage(text));
  return text.replace(/^\ufeff/, '').replace(/[\r\n]+$/, '');
}
