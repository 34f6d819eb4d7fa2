import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBuildContext } from '../../../engine/expression/create-build-context.ts';
import { compileScopePath } from '../../../engine/contract/flow/scope-path.ts';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import parse from '../../../nodes/hl7/parse.node.ts';
import serialise from '../../../nodes/hl7/serialise.node.ts';
import { compileMapping } from '../../../nodes/shared/mapping/compile-mapping.ts';
import { readHl7 } from '../../../nodes/shared/hl7/message.ts';
import { getHl7 } from '../../../nodes/shared/hl7/paths.ts';
import { encodeText } from '../../../nodes/shared/charset/text-charset.ts';
import { ADMISSION } from '../shared/hl7/corpus.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'a place has the same path and the same value everywhere, for all ways to write it',
  refusal: 'a type that the flow does not take is refused',
  cancel: '10 MB of many small segments are parsed while others go on, and a cancel ends it',
  '10 MB': '10 MB of many small segments are parsed while others go on, and a cancel ends it',
});

async function run(message: Message, config = {}): Promise<Message> {
  const outcome = await runNode(parse, { message, config });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!;
}

const HEADER = 'MSH|^~\\&|HIS|A|GW|B|20261130||ADT^A01|1|P|2.4\r';
/** PID-3.4.1 as senders write it, and the Z segment that each site defines for itself. */
const SENDERS: Readonly<Record<string, string>> = {
  'as one text': 'PID|1||7^^^HIS\rZPI|HIS\r',
  'with subcomponents': 'PID|1||7^^^HIS&1.2.3&ISO\rZPI|HIS&x\r',
  'with repetitions': 'PID|1||7^^^HIS&1.2.3~8^^^GA\rZPI|HIS~y\r',
  'with empty parts after it': 'PID|1||7^^^HIS&&^^~|\rZPI|HIS&^|\r',
  'with escapes elsewhere': 'PID|1||7\\T\\7^^^HIS&1\\S\\3||\\F\\\rZPI|HIS&\\T\\\r',
};
const PLACES = { 'PID-3.4.1': 'data.PID[0].f3[0].c4s1', 'ZPI-1.1.1': 'data.ZPI[0].f1[0].c1s1' };

test('a place has the same path and the same value everywhere, for all ways to write it', async (t) => {
  for (const [how, segments] of Object.entries(SENDERS)) await t.test(how, () => isEverywhere(HEADER + segments));
});

async function isEverywhere(text: string): Promise<void> {
  const message = await run(createMessage(text));
  const scope = { message, nodes: {}, now: 0 };
  const build = createBuildContext({ pool: { runExpression: () => Promise.reject(new Error('no sandbox')) } });
  for (const [place, path] of Object.entries(PLACES)) {
    assert.equal(getHl7(readHl7(text), place), 'HIS', 'as business key');
    assert.equal(compileScopePath(path)(scope), 'HIS');
    assert.equal(await build.compileExpression(path)(scope), 'HIS', 'in an expression');
    const rule = { left: { path }, op: 'eq', right: { value: 'HIS' } };
    assert.equal(await build.compileCondition(rule)(scope), true, 'in a condition');
    const mapping = compileMapping({ rules: [{ to: 'authority', from: { path } }] }, build);
    assert.deepEqual(await mapping(scope, () => ''), { authority: 'HIS' }, 'in a mapping');
  }
  const written = await runNode(serialise, { data: JSON.parse(JSON.stringify(message.data)) as unknown });
  assert.ok('emit' in written && written.emit!['ok']![0]!.data === text, 'byte for byte');
}

test('text is what a component gives when it holds subcomponents or a raw &', async () => {
  const { data } = await run(createMessage(`${HEADER}PID|1||7^^^HIS&1.2.3&ISO||王&李^\\T\\\rNTE|1||a & b\r`));
  const { PID, NTE } = data as Record<string, Record<string, Record<string, string>[]>[]>;
  assert.equal(PID![0]!['f3']![0]!['c4'], 'HIS&1.2.3&ISO');
  assert.deepEqual(PID![0]!['f5']![0], { c1: '王&李', c1s1: '王', c1s2: '李', c2: '&', c2s1: '&' });
  assert.equal(NTE![0]!['f3']![0]!['c1'], 'a & b');
});

test('headers, keys and charset stay, and bytes are decoded by MSH-18, else by the charset of the message', async () => {
  const parsed = await run(createMessage(ADMISSION, { mediaType: 'application/hl7-v2', charset: 'GB18030', keys: { patient: '0007' } }));
  assert.deepEqual([parsed.mediaType, parsed.charset, parsed.keys], ['application/hl7-v2+json', 'GB18030', { patient: '0007' }]);
  const bytes = (text: string) => new Uint8Array(encodeText(text, 'GB18030'));
  assert.equal((await run(createMessage(bytes(ADMISSION.replace('UNICODE UTF-8', 'GB 18030-2000'))))).charset, 'GB18030');
  const silent = await run(createMessage(bytes(ADMISSION.replace('UNICODE UTF-8', '')), { charset: 'GB18030' }));
  assert.equal((silent.data as { PID: { f5: { c1: string }[] }[] }).PID[0]!.f5[0]!.c1, '张三');
});

test('a type that the flow does not take is refused', async () => {
  for (const types of [['ADT'], ['ORU', 'ADT^A01'], []]) await run(createMessage(ADMISSION), { types });
  await assert.rejects(run(createMessage(ADMISSION), { types: ['ADT^A02', 'ORU'] }), { code: 'HL7_TYPE_UNEXPECTED', kind: 'input' });
});

test('10 MB of many small segments are parsed while others go on, and a cancel ends it', async () => {
  const text = ADMISSION + 'OBX|1|NM|1554-5^GLUCOSE^LN||182|mg/dl|70_105|H|||F\r'.repeat(200_000);
  const outcome = await whileOthersGoOn(parse, { data: text });
  assert.ok('emit' in outcome);
  const { OBX } = outcome.emit!['ok']![0]!.data as { OBX: { f5: unknown }[] };
  assert.deepEqual(OBX.at(-1)!.f5, [{ c1: '182', c1s1: '182' }]);
  await endsOnCancel(parse, { data: text });
});

test('what is no message is refused', async () => {
  for (const data of ['hello', { MSH: 1 }, 7, null])
    await assert.rejects(run(createMessage(data)), { code: 'HL7_MALFORMED', kind: 'input' });
});

test('a configuration of version 1 is kept, and the upgrade says what changes', () => {
  const config = { types: ['ADT'] };
  assert.deepEqual(parse.upgrade!(config, 1), { ...config, check: 'off' });
  assert.ok(parse.upgradeChanges!.length > 0);
});

test('a message that does not fit its version is refused with every place, or goes on with the list of problems', async () => {
  const wrong = createMessage(ADMISSION.replace('|M|', '|男性|').replace('EVN|A01|20261124120000\r', ''));
  await assert.rejects(run(wrong, { check: 'refuse', version: '2.4' }), (error: AppError) => {
    assert.deepEqual([error.code, error.kind, error.values['place']], ['HL7_CHECK_FAILED', 'input', 'PID-8']);
    assert.deepEqual(
      error.issues?.map(({ path }) => path),
      ['/PID-8', '/OBX-11', '/OBX[2]-11', '/EVN'],
    );
    return !JSON.stringify(error.issues).includes('男性');
  });
  const { data } = await run(wrong, { check: 'warn' });
  assert.equal((data as { problems: { place: string }[] }).problems[0]!.place, 'PID-8');
  const written = await runNode(serialise, { data });
  assert.ok('emit' in written && written.emit!['ok']![0]!.data === wrong.data, 'problems are no part of the message');
  assert.ok(!('problems' in ((await run(wrong)).data as object)));
});
