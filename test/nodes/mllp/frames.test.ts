import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createFrameCutter, frameOf } from '../../../nodes/mllp/frames.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const ignore = () => undefined;
const isCode = (code: string) => (error: unknown) => error instanceof AppError && error.code === code;

test('frames come out whole and in order however the bytes are split or merged', () => {
  const content = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x1c)));
  fc.assert(
    fc.property(fc.array(content, { maxLength: 8 }), fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }), (contents, cuts) => {
      const stream = Buffer.concat(contents.flatMap((bytes) => [Buffer.from('\r\n'), frameOf(bytes)]));
      const cutter = createFrameCutter(1000);
      const frames: Buffer[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const length = 1 + cuts[i % cuts.length]!;
        cutter.push(stream.subarray(at, at + length), (frame) => frames.push(Buffer.from(frame)));
        at += length;
      }
      assert.deepEqual(frames, contents);
      assert.equal(cutter.heldBytes(), 0);
    }),
    { numRuns: 1500 },
  );
});

test('an FS that no CR follows belongs to the content', () => {
  const content = Buffer.from('a\x1cb\x1c\x1cc');
  for (const step of [1, 2, 3, 100]) {
    const cutter = createFrameCutter(100);
    const stream = frameOf(content);
    const frames: Buffer[] = [];
    for (let at = 0; at < stream.length; at += step) cutter.push(stream.subarray(at, at + step), (frame) => frames.push(frame));
    assert.deepEqual(frames, [content]);
  }
});

test('a frame over the limit is refused as soon as the limit is passed', () => {
  assert.throws(() => createFrameCutter(10).push(frameOf(Buffer.alloc(20)), ignore), isCode('MLLP_FRAME_TOO_LARGE'));
  const cutter = createFrameCutter(10);
  cutter.push(Buffer.from('\x0b12345678'), ignore);
  assert.throws(() => cutter.push(Buffer.from('90123'), ignore), isCode('MLLP_FRAME_TOO_LARGE'));
  createFrameCutter(10).push(frameOf(Buffer.from('1234567890')), (frame) => assert.deepEqual(frame, Buffer.from('1234567890')));
});

test('bytes between frames are refused at once, except white space and a byte order mark', () => {
  const padding = Buffer.from(' \r\n\t\0\x1c\ufeff');
  const cutter = createFrameCutter(10);
  let frames = 0;
  for (const byte of Buffer.concat([padding, frameOf(Buffer.from('a')), padding, frameOf(Buffer.from('b'))]))
    cutter.push(Buffer.of(byte), () => frames++);
  assert.equal(frames, 2);
  assert.throws(() => cutter.push(Buffer.from('\r\nM'), ignore), isCode('MLLP_NOT_FRAMED'));
  assert.throws(() => createFrameCutter(10).push(Buffer.alloc(70_000, '\r\n'), ignore), isCode('MLLP_NOT_FRAMED'));
});

test('a reader of answers counts other bytes between frames, and takes only so many', () => {
  const cutter = createFrameCutter(10, { takesOther: true });
  let frames = 0;
  cutter.push(Buffer.concat([Buffer.from('220 ready\r\n'), frameOf(Buffer.from('a'))]), () => frames++);
  assert.deepEqual([frames, cutter.otherBytes()], [1, 8]);
  assert.throws(() => cutter.push(Buffer.alloc(70_000, 'GET / HTTP/1.1'), ignore), isCode('MLLP_NOT_FRAMED'));
});

test('two megabytes byte by byte cost linear time', async () => {
  const cutter = createFrameCutter(20_000_000);
  const stream = frameOf(Buffer.alloc(2_000_000, 'x'));
  let frames = 0;
  const [ms] = await cpuMsOf(() => {
    for (let at = 0; at < stream.length; at++) cutter.push(stream.subarray(at, at + 1), () => frames++);
  });
  assert.equal(frames, 1);
  assert.ok(ms < 10_000, `${ms} ms`);
});
