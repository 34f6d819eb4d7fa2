import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileLinearPattern } from '../../../engine/expression/linear-pattern.ts';

interface Match {
  readonly at: number;
  readonly parts: readonly (string | undefined)[];
}

/** All matches, as JSONata finds them: each search begins where the match before ended. */
function matchesOf(text: string, find: (from: number) => Match | undefined): Match[] {
  const found: Match[] = [];
  for (let from = 0; from <= text.length;) {
    const match = find(from);
    if (match === undefined) break;
    found.push(match);
    const end = match.at + match.parts[0]!.length;
    from = end + (match.parts[0] === '' ? 1 : 0);
  }
  return found;
}

function ofJavaScript(pattern: RegExp, text: string): Match[] {
  return matchesOf(text, (from) => {
    pattern.lastIndex = from;
    const found = pattern.exec(text);
    return found === null ? undefined : { at: found.index, parts: [...found] };
  });
}

/** Undefined: refused. */
function ofRe2(pattern: RegExp, text: string): Match[] | undefined {
  const compiled = compileLinearPattern(pattern);
  if ('problem' in compiled) return undefined;
  const scan = compiled.scan(text);
  return matchesOf(text, (from) => {
    const offsets = scan(from);
    if (offsets === undefined) return undefined;
    const part = (index: number) => (offsets[index]! < 0 ? undefined : text.slice(offsets[index], offsets[index + 1]));
    return { at: offsets[0]!, parts: Array.from({ length: offsets.length / 2 }, (_, index) => part(index * 2)) };
  });
}

const atom = fc.constantFrom(
  ...['a', 'b', 'A', '张', '.', ' ', '-', ']', '}', String.raw`\d`, String.raw`\D`, String.raw`\s`, String.raw`\S`, String.raw`\w`],
  ...[String.raw`\W`, String.raw`\b`, String.raw`\B`, '^', '$', '[ab]', '[^a]', '[^]', String.raw`[^\s]`, String.raw`[\w-]`, '[张-龥]'],
  ...[String.raw`[\S\n]`, String.raw`[\b-]`, String.raw`\n`, String.raw`\r`, String.raw`\t`, String.raw`\.`, String.raw`\/`, '(?:)'],
  ...[String.raw`\u5f20`, String.raw`\x41`, String.raw`\cA`, String.raw`\0`],
);
const count = fc.constantFrom('', '', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}?', '{2,}');
const source = fc.letrec<{ source: string }>((tie) => ({
  source: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(atom, count).map(([a, n]) => a + n),
    fc.tuple(tie('source'), tie('source')).map(([a, b]) => a + b),
    fc.tuple(tie('source'), tie('source')).map(([a, b]) => a + b),
    fc.tuple(tie('source'), tie('source')).map(([a, b]) => `${a}|${b}`),
    fc.tuple(fc.constantFrom('(', '(?:', '(?<name>'), tie('source'), count).map(([head, a, n]) => `${head}${a})${n}`),
  ),
})).source;
const piece = fc.constantFrom('a', 'b', 'A', 'B', '张', '三', '1', ' ', '\n', '\r', '\r\n', '\u2028', '\u3000', '\u0000', '-', '.', '_');
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

test('RE2 gives the matches and groups that JavaScript gives, on random patterns, flags and texts', () => {
  let compared = 0;
  fc.assert(
    fc.property(source, fc.constantFrom('g', 'gi', 'gm', 'gim'), text, (pattern, flags, value) => {
      const native = toRegExp(pattern, flags);
      const found = native && ofRe2(native, value);
      if (native === undefined || found === undefined) return;
      compared++;
      assert.deepEqual(found, ofJavaScript(native, value), `/${pattern}/${flags} on ${JSON.stringify(value)}`);
    }),
    { numRuns: 4000 },
  );
  assert.ok(compared > 2000, `${compared} compared`);
});

function toRegExp(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}

test('Chinese text, cases, lines of HL7 and of Windows, groups and classes match as in JavaScript', () => {
  for (const [pattern, value] of [
    [/([\u4e00-\u9fa5]{2,4})[:：]\s*(\d+)/g, '张三：　12 李四: 7 欧阳修文：3'],
    [/\s+/g, '张三 李四\u3000王五\u00a0赵六\n钱七'],
    [/^pid\|(\d+)?\|(.*)$/gim, 'MSH|^~\\&\rPID|1|a\rpid||b|\r\nOBX|1\nPID|3|'],
    [/^$/gm, 'a\r\n\r\nb\u2028'],
    [/(?:(\d{4})-(\d{2})|(今天))$/gm, '2026-01\n今天\r\n2027-02'],
    [/(?<year>\d{4})年(?<month>\d{1,2})月/g, '2026年1月，2027年12月'],
    [/[^\]\\/^-]+|[\]\\/^-]/g, 'a]b\\c/d^e-f'],
    [/a{2}?|a{,2}|{/g, 'aaa{,2}{a{,2}'],
    [/\x41\u5f20\cJ\0/g, 'A张\n\u0000'],
    [/(a)|(b)/g, 'ab'],
    [/ſ|é/gi, 'ſÉé'],
  ] as const) {
    const found = ofRe2(pattern, value);
    assert.deepEqual(found, ofJavaScript(pattern, value), String(pattern));
    assert.ok(found!.length > 0, String(pattern));
  }
});

test('a rare character counts as one, where JavaScript sees two halves', () => {
  assert.deepEqual(
    ofRe2(/^.{2}$/g, '𠮷野')?.map(({ parts }) => parts),
    [['𠮷野']],
  );
  assert.deepEqual(ofRe2(/\ud842\udfb7+/g, '𠮷𠮷野')?.length, 1);
});

test('what RE2 cannot match, or matches with another result, is a problem with a name', () => {
  for (const [pattern, problem] of [
    [/a(?=b)/, 'pattern-look-around'],
    [/(?<!a)b/, 'pattern-look-around'],
    [/(a)\1/, 'pattern-back-reference'],
    [/(?<n>a)\k<n>/, 'pattern-back-reference'],
    [/a{1001}/, 'pattern-repeat'],
    [/a$\n^b/m, 'pattern-line-end'],
    [/(?:(a)|(b))+/, 'pattern-group'],
    [/(a*)?/, 'pattern-group'],
    [/(?:a*?)*/, 'pattern-empty'],
    [/[\ud800-\udbff]/, 'pattern-surrogate'],
    [/(?:(?:a{99}){99}){99}/, 'pattern-size'],
    [/(?i:a)/, 'pattern-syntax'],
  ] as const)
    assert.deepEqual(compileLinearPattern(pattern), { problem }, String(pattern));
});

test('a long scan with anchors of lines goes on where it was', () => {
  const value = 'PID|1|x\r'.repeat(20_000);
  assert.equal(ofRe2(/^PID\|1/gm, value)?.length, 20_000);
});

test('groups in thousands of groups are refused as too large', () => {
  assert.deepEqual(compileLinearPattern(new RegExp('('.repeat(3000) + 'a' + ')'.repeat(3000))), { problem: 'pattern-size' });
  assert.ok('scan' in compileLinearPattern(new RegExp('('.repeat(100) + 'a' + ')'.repeat(100))));
});
