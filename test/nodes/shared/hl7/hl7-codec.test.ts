import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { buildAck, readAck } from '../../../../nodes/shared/hl7/acknowledge.ts';
import { controlIdOf } from '../../../../nodes/shared/hl7/control-id.ts';
import { escapeHl7, unescapeHl7 } from '../../../../nodes/shared/hl7/escapes.ts';
import { formSteps, fromHl7Form, textSteps, toHl7Form } from '../../../../nodes/shared/hl7/form.ts';
import { readHl7, writeHl7 } from '../../../../nodes/shared/hl7/message.ts';
import { getAllHl7, getHl7, setHl7 } from '../../../../nodes/shared/hl7/paths.ts';
import { ADMISSION, readCorpus } from './corpus.ts';

const standard = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' };
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;
const roundTrips = (text: string) => {
  assert.equal(writeHl7(readHl7(text)), text);
  assert.equal(fromHl7Form(JSON.parse(JSON.stringify(toHl7Form(readHl7(text))))), text);
};

test('every message of the corpus round-trips byte for byte, as message and as data', (t) => {
  const corpus = readCorpus();
  if (corpus.length === 0) return t.skip('allowed: the HL7 corpus is not beside this checkout');
  for (const { name, bytes } of corpus) {
    const text = bytes.toString('utf8');
    assert.ok(Buffer.from(writeHl7(readHl7(text))).equals(bytes), name);
    assert.ok(Buffer.from(fromHl7Form(toHl7Form(readHl7(text)))).equals(bytes), `${name} as data`);
  }
});

for (const [what, text] of Object.entries({
  'CR LF line ends': ADMISSION.replaceAll('\r', '\r\n'),
  'LF line ends': ADMISSION.replaceAll('\r', '\n'),
  'a missing last CR': ADMISSION.slice(0, -1),
  'empty lines': ADMISSION.replaceAll('\rPV1', '\r\r\nPV1'),
  'a byte order mark': `\ufeff${ADMISSION}`,
  'odd delimiters': ADMISSION.replaceAll('|', '#').replaceAll('^', '*'),
  'a single encoding character': 'MSH|^|A|B\rPID|a^b~c\\d&e\r',
  'a truncation character': 'MSH|^~\\&#|A|B\rPID|a^b\r',
  'trailing empty parts': 'MSH|^~\\&|A\rPID|1||a^^~~^&&^|||\rZZZ\rZZ1|\r',
  'lines that are no segments': 'MSH|^~\\&|A\rhello world\r|x|y\rPID|1\r__proto__|1\r',
  'unusual escapes': 'MSH|^~\\&|A\rPID|\\X41\\|\\E\\.br\\E\\|a\\b|\\|\\\\|\\F|\\T\\\\T\\|\\H\\x\\N\\|\t\r',
  'a second MSH': 'MSH|^~\\&|A\rMSH|^~|B\rPID|1\r',
  'one segment alone': 'MSH|^~\\&|A',
})) {
  test(`a message with ${what} round-trips byte for byte`, () => roundTrips(text));
}

test('any text after a valid header round-trips', () => {
  const piece = fc.constantFrom('|', '^', '~', '\\', '&', '\r', '\n', 'PID', 'OBX|', 'F\\', 'T\\', '.br\\', 'X0D\\', '张', ' ', 'a', '1');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => roundTrips(`MSH|^~\\&|${pieces.join('')}`)),
    { numRuns: 3000 },
  );
});

test('any value that is set is read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('|', '^', '~', '\\', '&', '张', 'x', 'F', 'T', ' ') }), (value) => {
      fc.pre(!/\\(?:[HN]|[XZ]\w*)\\/.test(value));
      const message = setHl7(readHl7(ADMISSION), 'PID-5[2].3.2', value);
      assert.equal(getHl7(readHl7(writeHl7(message)), 'PID-5[2].3.2'), value);
      assert.equal(getHl7(message, 'PID-3.1'), '0007');
    }),
    { numRuns: 2000 },
  );
});

test('paths name segments, repetitions, components and subcomponents', () => {
  const message = readHl7(ADMISSION);
  assert.equal(getHl7(message, 'MSH-1'), '|');
  assert.equal(getHl7(message, 'MSH-2'), '^~\\&');
  assert.equal(getHl7(message, 'MSH-9.2'), 'A01');
  assert.equal(getHl7(message, 'PID-5.2'), '慭&');
  assert.equal(getHl7(message, 'PID-3[2].1'), '310101');
  assert.equal(getHl7(message, 'PID-3[1].4.2'), '1.2.3');
  assert.equal(getHl7(message, 'OBX[2]-5'), '第一行\\.br\\第二行');
  assert.deepEqual(getAllHl7(message, 'OBX[*]-3.2'), ['葡萄糖', '备注']);
  assert.deepEqual(getAllHl7(message, 'PID-3[*].1'), ['0007', '310101']);
  assert.equal(getHl7(message, 'PID-11.1'), '北京市东城区|1号');
  assert.equal(getHl7(message, 'PID-40'), undefined);
  assert.equal(getHl7(message, 'ZZZ-1'), undefined);
  for (const wrong of ['PID', 'PID-0', 'PID-5.0', 'pid-5', 'PID[0]-1', 'PID-5.1.1.1', ''])
    assert.throws(() => getHl7(message, wrong), isCode('HL7_PATH_WRONG'));
});

test('setting one field leaves every other byte as it was', () => {
  const changed = writeHl7(setHl7(readHl7(ADMISSION), 'MSH-10', 'NEW1'));
  assert.equal(changed, ADMISSION.replace('MSG00001', 'NEW1'));
  assert.equal(getHl7(setHl7(readHl7(ADMISSION), 'EVN-5.1', 'x'), 'EVN-5.1'), 'x');
  assert.throws(() => setHl7(readHl7(ADMISSION), 'ZZZ-1', 'x'), isCode('HL7_PATH_ABSENT'));
  assert.throws(() => setHl7(readHl7(ADMISSION), 'MSH-2', 'x'), isCode('HL7_PATH_ABSENT'));
});

test('the data of a message is read by plain paths and rebuilt with only the changes', () => {
  const form = JSON.parse(JSON.stringify(toHl7Form(readHl7(ADMISSION)))) as Record<string, Record<string, Record<string, unknown>[]>[]>;
  assert.equal(form['PID']![0]!['f5']![0]!['c1'], '张三');
  assert.deepEqual(form['PID']![0]!['f3']![0]!['c4'], { s1: 'HIS', s2: '1.2.3', s3: 'ISO' });
  assert.equal(form['OBX']![1]!['f5']![1]!['c1'], '又一段');
  form['PID']![0]!['f5']![0]!['c1'] = '李|四';
  assert.equal(fromHl7Form(form), ADMISSION.replace('张三', '李\\F\\四'));
});

test('a message is built from data alone, with bare values and without an order', () => {
  const text = fromHl7Form({
    MSH: [{ f9: [{ c1: 'ADT', c2: 'A01' }], f10: 'X1' }],
    PID: [{ f5: '王&五', f7: 19800101 }],
    OBX: [{ f1: '1' }, { f1: '2' }],
  });
  assert.equal(text, 'MSH|^~\\&|||||||ADT^A01|X1\rPID|||||王\\T\\五||19800101\rOBX|1\rOBX|2\r');
});

test('data that is no message is refused with its place', () => {
  for (const wrong of [
    null,
    'MSH|',
    {},
    { MSH: [] },
    { MSH: [{ f1: '|', f2: '^~\\&' }], PID: ['x'] },
    { MSH: [{ f0: 1 }] },
    { MSH: [{}], PID: [{ f5: [{ c1: { s1: {} } }] }] },
  ]) {
    assert.throws(() => fromHl7Form(wrong), isCode('HL7_FORM_WRONG'), JSON.stringify(wrong));
  }
});

test('what is no message is refused', () => {
  for (const wrong of ['', 'PID|1', 'MSH', 'MSH|', 'MSH||', 'MSHA^~\\&|', 'MSH|^^\\&|', 'MSH|^~\\&|A\r\u000bMSH|^~\\&|B']) {
    assert.throws(() => readHl7(wrong), isCode('HL7_MALFORMED'), JSON.stringify(wrong));
  }
});

test('escapes of delimiters are decoded, formatting stays', () => {
  assert.equal(unescapeHl7('a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f', standard), 'a|b^c&d~e\\f');
  assert.equal(unescapeHl7('a\\.br\\b\\X0D\\c\\H\\d', standard), 'a\\.br\\b\\X0D\\c\\H\\d');
  assert.equal(escapeHl7('a|b^c&d~e\\f\r', standard), 'a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D\\');
  assert.equal(escapeHl7('a\\.br\\b', standard), 'a\\.br\\b');
});

test('an acknowledgement names the message it answers, swaps the parties and keeps delimiters and charset', () => {
  const request = readHl7(ADMISSION.replaceAll('|', '#'));
  const ack = buildAck(request, { code: 'AE', text: 'bad # field', now: Date.UTC(2026, 0, 2, 3, 4, 5) });
  assert.equal(
    ack,
    'MSH#^~\\&#GW#平台#HIS#协和医院#20260102030405+0000##ACK^A01^ACK#AMSG00001#P#2.4######UNICODE UTF-8\rMSA#AE#MSG00001#bad \\F\\ field\r',
  );
  assert.deepEqual(readAck(ack), { code: 'AE', controlId: 'MSG00001', text: 'bad # field', errorCode: '' });
  assert.throws(() => readAck(ADMISSION), isCode('HL7_ACK_MALFORMED'));
});

test('the control id is the same for the same key and has 20 characters', () => {
  assert.equal(controlIdOf('k1'), controlIdOf('k1'));
  assert.notEqual(controlIdOf('k1'), controlIdOf('k2'));
  assert.match(controlIdOf('k1'), /^[A-Z2-7]{20}$/);
});

test('an admission of 2 KB is read, with a look at its header, in less than 60 microseconds of computing', () => {
  const text = ADMISSION + 'OBX|3|TX|NOTE^备注||第一行第二行第一行第二行第一行第二行第一行第二行||||||F\r'.repeat(25);
  const round = () => {
    const started = process.threadCpuUsage();
    for (let i = 0; i < 500; i++) getHl7(readHl7(text), 'MSH-10');
    return process.threadCpuUsage(started).user / 500;
  };
  round();
  assert.ok(Math.min(round(), round(), round(), round(), round()) < 60);
});

const HEADER = 'MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\r';

test('one long segment is read and written a few kilobytes at a time, byte for byte', () => {
  const fields: Readonly<Record<string, string>> = {
    repetitions: 'ab~'.repeat(300_000),
    'repetitions with escapes': 'a\\.br\\b\\F\\~\t~'.repeat(60_000),
    'the points of a curve': Array.from({ length: 15_000 }, (_, i) => i % 999).join('^'),
    'a document': 'QUJD'.repeat(250_000),
    'a document in lines': 'QUJDQUJDQUJDQUJD\\X0D\\'.repeat(20_000),
  };
  for (const [name, field] of Object.entries(fields)) {
    const text = `${HEADER}OBX|1|ED|x||${field}|||F\r`;
    const [form, read] = countSteps(formSteps(readHl7(text)));
    const [written, wrote] = countSteps(textSteps(form));
    assert.ok(written === text, name);
    if (name.startsWith('repetitions')) assert.ok(read > 50 && wrote > 50, `${name}: ${read} and ${wrote} turns`);
  }
});

test('more parts than any message has are refused before they are read', () => {
  const manyOf = (text: string) => `${HEADER}PID|${text}\r`;
  const refused: Readonly<Record<string, string>> = {
    segments: HEADER + 'X\r'.repeat(400_000),
    header: `${HEADER.trim()}${'|a'.repeat(50_000)}\r`,
    fields: manyOf('a|'.repeat(30_000)),
    components: manyOf('a^'.repeat(30_000)),
    'components ': manyOf(`a^${'a&'.repeat(30_000)}`),
    escapes: manyOf('\\F\\'.repeat(300_000)),
    'escapes ': manyOf('\t'.repeat(300_000)),
  };
  for (const [problem, text] of Object.entries(refused)) {
    const isIt = ({ code, kind, values }: AppError) =>
      code === 'HL7_TOO_MANY_PARTS' && kind === 'input' && values['problem'] === problem.trim();
    assert.throws(() => toHl7Form(readHl7(text)), isIt, problem);
  }
});

function countSteps<T>(steps: Iterator<void, T>): [value: T, count: number] {
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done) return [step.value, count];
  }
}
