import assert from 'node:assert/strict';
import { test } from 'node:test';
import { causeOf, CAUSES, repeatOf } from '../../designer/src/model/problems/error-causes.ts';
import { editableOf, editedMessage } from '../../designer/src/pages/messages/resend/resend-order.ts';
import { contentOf, sourceOf } from '../../designer/src/viewer/content.ts';
import { fieldsOf, findLines, findRows, hl7Message } from '../../designer/src/viewer/hl7-fields.ts';
import { findParts, jsonPart } from '../../designer/src/viewer/tree-parts.ts';
import type { ShownMessage } from '../../designer/src/api/operations.ts';

const MESSAGE = 'MSH|^~\\&|HIS|C|BUS|CITY|20260101||ADT^A01|1|P|2.5.1\rPID|1||P01^^^A~P02||张^三\rOBX|1|NM|GLU||5.2\rOBX|2|NM|CBC||7\r';

test('a payload is read as what it is: a value, HL7, XML, JSON in a text, plain text, or bytes', () => {
  const formOf = (form: ShownMessage['form'], data: unknown) => contentOf({ form, data }).form;
  assert.equal(formOf('json', { a: 1 }), 'json');
  assert.equal(formOf('json', 'just words'), 'json');
  assert.equal(formOf('text', MESSAGE), 'hl7');
  assert.equal(formOf('text', '  <a/>'), 'xml');
  assert.equal(formOf('text', '{"a": 1}'), 'json');
  assert.equal(formOf('text', '{"a": 1, "cut in the mid'), 'text');
  const binary = contentOf({ form: 'base64', data: Buffer.from([0, 255, 0x4d, 0x53, 0x48]).toString('base64') });
  assert.match(sourceOf(binary), /^00000000 {2}00 ff 4d 53 48 .*\|\.\.MSH\|$/);
});

test('every filled HL7 field has its place as conditions name it, its Chinese name, and its components', () => {
  const message = hl7Message(MESSAGE);
  assert.deepEqual(
    message.lines.map(({ place }) => place),
    ['MSH', 'PID', 'OBX', 'OBX[2]'],
  );
  const rows = message.lines.flatMap((line) => fieldsOf(line, message, 'zh-CN'));
  const byPath = new Map(rows.flatMap((row) => [row, ...(row.children ?? [])]).map((row) => [row.path, row]));
  assert.equal(byPath.get('MSH-2')?.children, undefined, 'the separators are no components');
  assert.equal(byPath.get('MSH-9.2')?.value, 'A01');
  assert.deepEqual(
    ['PID-3', 'PID-3.1', 'PID-3.4', 'PID-3[2].1', 'PID-5.1', 'OBX-5', 'OBX[2]-5'].map((path) => byPath.get(path)?.value),
    ['P01^^^A~P02', 'P01', 'A', 'P02', '张', '5.2', '7'],
  );
  assert.match(byPath.get('PID-5')!.name, /姓名/);
  assert.deepEqual(
    findRows(rows, '三').map(({ path }) => path),
    ['PID-5'],
  );
  const placesOf = (query: string) => findLines(message, query, 'zh-CN').map(({ place }) => place);
  assert.deepEqual([placesOf('glu'), placesOf('患者姓名'), placesOf('no such')], [['OBX'], ['PID'], []]);
});

test('a place is found by its number, whether or not the sender wrote subcomponents', () => {
  const found = (segment: string) => {
    const message = hl7Message(`MSH|^~\\&|HIS\r${segment}\r`);
    return message.lines.flatMap((line) => findRows(fieldsOf(line, message, 'zh-CN'), 'PID-3.4.1')).map(({ path }) => path);
  };
  assert.deepEqual(['PID|||7^^^A&1.2&ISO', 'PID|||7^^^A', 'PID|||7^^^A~8^^^B'].map(found), [['PID-3'], ['PID-3'], ['PID-3']]);
  const message = hl7Message('MSH|^~\\&|HIS\rPID|||7^^^A&1.2&ISO\r');
  const authority = fieldsOf(message.lines[1]!, message, 'zh-CN')[0]!.children![1]!;
  assert.deepEqual([authority.path, authority.value], ['PID-3.4', 'A&1.2&ISO']);
  assert.deepEqual(
    authority.children!.map(({ path, name, value }) => [path, name, value]),
    [
      ['PID-3.4.1', '命名空间 ID', 'A'],
      ['PID-3.4.2', '通用 ID', '1.2'],
      ['PID-3.4.3', '通用 ID 类型', 'ISO'],
    ],
  );
});

test('a search in a tree finds names and values, and keeps what leads to them', () => {
  const root = jsonPart('data', 'data', { patient: { name: '张三', 'id no': 7 }, items: [{ code: 'GLU' }, { code: 'CBC' }] });
  const found = findParts(root, 'glu');
  assert.equal(found.count, 1);
  assert.deepEqual([...found.paths!].toSorted(), ['data', 'data.items', 'data.items[0]', 'data.items[0].code']);
  assert.ok(findParts(root, 'id no').paths!.has('data.patient.`id no`'));
  assert.equal(findParts(root, ' ').paths, undefined, 'without words everything is shown');
  assert.equal(jsonPart('raw', 'raw', 'MSH|1\rPID|1\r\nEVN').text, 'MSH|1\nPID|1\nEVN', 'a text of several lines keeps them');
});

test('what is sent anew is what was typed, with the line ends of the original; unchanged, nothing is replaced', () => {
  const shown = (form: ShownMessage['form'], data: unknown, more: Partial<ShownMessage> = {}): ShownMessage => ({
    ...{ form, data, sizeBytes: 1, mediaType: 'text/plain', headers: {}, keys: {}, lineage: [] },
    ...more,
  });
  assert.deepEqual(editedMessage(shown('text', MESSAGE), MESSAGE.replaceAll('\r', '\n')), { message: undefined });
  const edited = editedMessage(shown('text', MESSAGE), MESSAGE.replaceAll('\r', '\n').replace('张^三', '张^四'));
  assert.deepEqual(edited, { message: { data: MESSAGE.replace('张^三', '张^四'), form: 'text' } });
  const json = shown('json', { a: 1 });
  assert.deepEqual(editedMessage(json, '{"a": 2}'), { message: { data: { a: 2 }, form: 'json' } });
  assert.deepEqual(editedMessage(json, '{"a": '), { problem: 'json' });
  assert.equal(editableOf(shown('text', 'the beginning', { truncated: true })), undefined, 'a part must not take the place of the whole');
  assert.equal(editableOf(shown('base64', 'AAA=')), undefined);
});

test('codes of errors are told by their cause, those of adapters yet to come by their endings', () => {
  const causes = [
    'HTTP_CONNECT',
    'ADAPTER_OPEN',
    'HTTP_BUSY',
    'MLLP_ACK_TIMEOUT',
    'OUTCOME_UNKNOWN',
    'HTTP_REFUSED',
    'SFTP_CONNECT_FAILED',
    'HTTP_ANSWER_UNREADABLE',
  ].map(causeOf);
  assert.deepEqual(causes, ['unreachable', 'unreachable', 'busy', 'unanswered', 'unanswered', 'refused', 'unreachable', 'unreadable']);
  assert.deepEqual(
    ['CODE_TABLE_UNKNOWN', 'CODE_UNKNOWN', 'SECRET_MISSING', 'EXPRESSION_FAILED', 'INTERNAL_BUG', 'BED_TAKEN'].map(causeOf),
    ['code', 'code', 'setup', 'content', 'platform', 'other'],
  );
  assert.equal(new Set(CAUSES).size, CAUSES.length);
});

test('a message is repeated by itself, by a person, or by its caller, as it stands', () => {
  assert.deepEqual(
    [repeatOf('waiting', 'durable'), repeatOf('held', 'durable'), repeatOf('failed', 'durable'), repeatOf('failed', 'sync')],
    ['itself', 'retry', 'resend', 'caller'],
  );
  assert.equal(repeatOf('completed', 'durable'), 'nobody', 'a step of it failed, and the flow went on without');
});
