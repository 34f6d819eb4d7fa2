import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { LAYOUT, restoreSnapshot, takeSnapshot } from '../../../engine/script/memory-snapshot.ts';
import { createRealm, loadSandboxModule } from '../../../engine/script/script-realm.ts';

const PRIMARY_STACK_BYTES = 5 * 1024 * 1024;

test('the layout is the one of the module', () => {
  const { stackPointers, data } = readModule(readFileSync(fileURLToPath(import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))));
  assert.deepEqual(stackPointers, [LAYOUT.stackEnd], 'one mutable global, which starts at the end of the stack');
  assert.equal(LAYOUT.stackEnd - LAYOUT.stackStart, PRIMARY_STACK_BYTES);
  assert.ok(data.every(({ at, bytes }) => at + bytes.length <= LAYOUT.stackStart));
  const initialBreak = data.find(({ at, bytes }) => at <= LAYOUT.breakAt && LAYOUT.breakAt < at + bytes.length)!;
  assert.equal(initialBreak.bytes.readUIntLE(LAYOUT.breakAt - initialBreak.at, 3), LAYOUT.stackEnd, 'the heap begins where the stack ends');
});

test('whatever a script did, the memory is as it was', async () => {
  const sandbox = await loadSandboxModule();
  const { memory } = sandbox;
  const { context, runtime } = createRealm(sandbox);
  const breakOf = () => new DataView(memory.buffer).getUint32(LAYOUT.breakAt, true);
  const everything = () => {
    const bytes = Buffer.from(memory.buffer);
    return Buffer.concat([bytes.subarray(0, LAYOUT.stackStart), bytes.subarray(LAYOUT.stackEnd)]);
  };
  const before = everything();
  const breakBefore = breakOf();
  assert.ok(
    before.subarray(LAYOUT.stackStart + breakBefore - LAYOUT.stackEnd).every((byte) => byte === 0),
    'nothing lies beyond the break',
  );
  const snapshot = takeSnapshot(sandbox);
  for (const hostile of [
    'Array.prototype.planted = 1; globalThis.planted = { self: globalThis }; JSON.parse = null',
    'const deep = () => deep() + 1; deep()',
    'const all = []; for (let i = 0; i < 3000; i++) all.push("x".repeat(1000) + i); new Promise(() => all)',
    'throw new Error("left")',
    'return let',
    'new Uint8Array(40_000_000).fill(7).length',
  ]) {
    const done = context.evalCode(hostile);
    if (done.error === undefined) assert.ok(breakOf() >= breakBefore);
    runtime.setMemoryLimit(1e9);
    restoreSnapshot(sandbox, snapshot);
    const after = everything();
    assert.equal(breakOf(), breakBefore);
    assert.equal(Buffer.compare(after.subarray(0, before.length), before), 0, hostile);
    assert.ok(
      after.subarray(before.length).every((byte) => byte === 0),
      hostile,
    );
  }
  assert.equal(
    context.unwrapResult(context.evalCode('typeof planted + typeof [].planted + JSON.parse("[1]")[0]')).consume(context.getString),
    'undefinedundefined1',
  );
});

interface DataSegment {
  readonly at: number;
  readonly bytes: Buffer;
}

/** Initial values of the mutable globals, and what the module writes into its memory when it begins. */
function readModule(wasm: Buffer): { readonly stackPointers: readonly number[]; readonly data: readonly DataSegment[] } {
  const [GLOBALS, DATA, IS_MUTABLE] = [6, 11, 1];
  const stackPointers: number[] = [];
  const data: DataSegment[] = [];
  let at = 8;
  const readInteger = (isSigned = false): number => {
    let [value, shift, byte] = [0n, 0n, 0];
    do {
      byte = wasm[at++]!;
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
    } while (byte >= 128);
    return Number(isSigned ? BigInt.asIntN(Number(shift), value) : value);
  };
  /** `i32.const value end` */
  const readConstant = (): number => {
    at++;
    const value = readInteger(true);
    at++;
    return value;
  };
  while (at < wasm.length) {
    const section = wasm[at++];
    const size = readInteger();
    const end = at + size;
    const count = section === GLOBALS || section === DATA ? readInteger() : 0;
    for (let index = 0; index < count; index++) {
      if (section === GLOBALS) {
        at++;
        const isMutable = wasm[at++] === IS_MUTABLE;
        const value = readConstant();
        if (isMutable) stackPointers.push(value);
      } else {
        assert.equal(readInteger(), 0, 'a segment of the one memory');
        const start = readConstant();
        const length = readInteger();
        data.push({ at: start, bytes: wasm.subarray(at, at + length) });
        at += length;
      }
    }
    at = end;
  }
  return { stackPointers, data };
}
