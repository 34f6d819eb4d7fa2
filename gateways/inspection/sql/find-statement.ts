import type { SqlKind } from './sql-tokens.ts';
import { isHarmful, LOGIC_WORDS, OBJECTS, STATEMENTS } from './sql-words.ts';

/** Reads back over the newest tokens. */
export interface LastTokens {
  kind(back: number): SqlKind | '';
  word(back: number): string;
}

/** Statements of two or three tokens. They count after a `;`, or where their own grammar leaves no doubt. */
export function findStatement(last: LastTokens, kind: SqlKind | '', word: string): boolean {
  const one = last.word(1);
  const isName = kind === 'w' || kind === 'q';
  // At the start of a value these are how prose begins (`drop table tennis`); their next token decides.
  if (isName && (one === 'from' || one === 'into') && WRITES.has(last.word(2))) return isBrokenOut(last, 3);
  if ((kind === '(' || word === 'values' || word === 'select' || word === 'set') && last.word(2) === 'into' && WRITES.has(last.word(3)))
    return isStart(last, 4);
  if ((kind === ';' || kind === 'c' || word === 'where') && last.word(2) === 'from' && last.word(3) === 'delete') return isStart(last, 4);
  if (kind === 'q' && one === 'program' && (last.word(2) === 'to' || last.word(2) === 'from')) return true;
  if (isName && one === 'from' && last.word(3) === 'delete') return last.kind(4) === ';';
  if (kind === '(' && one === 'exists' && (last.word(2) === 'if' || last.word(3) === 'if')) return true;
  if (kind === '=' && word === '=' && (last.word(2) === 'set' || last.word(3) === 'set' || last.word(4) === 'set')) return findSet(last);
  if (isName && OBJECTS.has(one) && OBJECT_VERBS.has(last.word(2))) return isBrokenOut(last, 3);
  if ((kind === ';' || kind === 'c') && OBJECTS.has(last.word(2)) && OBJECT_VERBS.has(last.word(3))) return isStart(last, 4);
  if (one === 'shutdown' && (kind === '' || kind === ';' || kind === 'c' || word === 'end' || word === 'with')) return isStart(last, 2);
  if (kind === 'w' && last.kind(1) === 'v' && last.word(2) === 'declare') return true;
  if (word === 'cursor' && last.word(2) === 'declare') return isStart(last, 3);
  if (word === '*' && one === 'on' && (last.word(2) === 'grant' || last.word(3) === 'grant')) return true;
  if (last.kind(1) === '(' && EXECUTES.has(last.word(2)) && (kind === 'v' || kind === 'q')) return isStart(last, 3) || last.kind(3) === 'w';
  if (EXECUTES.has(one)) return findExec(last, kind, word);
  return last.kind(3) === ';' && findShort(last, kind);
}

const EXECUTES = new Set(['exec', 'execute']);
const WRITES = new Set(['insert', 'replace', 'delete', 'merge']);
const OBJECT_VERBS = new Set(['drop', 'create', 'alter', 'truncate', 'rename']);
const SHORT_STATEMENTS = new Set(['drop', 'truncate', 'call', 'use', 'print', 'kill']);

/** `; drop members --`, `; print 'x'`, `; call p(`: a verb, one object, and then the end or a parenthesis. */
function findShort(last: LastTokens, kind: SqlKind | ''): boolean {
  if (!SHORT_STATEMENTS.has(last.word(2))) return false;
  if (last.word(2) === 'call') return kind === '(' && last.kind(1) === 'w';
  if (last.kind(1) === 'q' || last.kind(1) === 'v' || last.kind(1) === 'n') return last.word(2) === 'print' || kind === ';' || kind === 'c';
  return last.kind(1) === 'w' && (kind === ';' || kind === 'c');
}

/** True after a sign or keyword, but not at the start of the value. */
function isBrokenOut(last: LastTokens, back: number): boolean {
  return last.kind(back) !== '' && isStart(last, back);
}

function isStart(last: LastTokens, back: number): boolean {
  const kind = last.kind(back);
  if (kind === 'c') return false;
  return (
    kind !== 'w' ||
    STATEMENTS.has(last.word(back)) ||
    LOGIC_WORDS.has(last.word(back)) ||
    last.word(back) === 'then' ||
    last.word(back) === 'else'
  );
}

/** `update t set c =`, `; set @v =`. */
function findSet(last: LastTokens): boolean {
  if (last.word(2) === 'set') return last.kind(1) === 'v' || (last.word(4) === 'update' && last.kind(1) === 'w');
  return last.word(3) === 'set' ? last.word(5) === 'update' : last.word(6) === 'update';
}

/** `exec xp_cmdshell 'x'`, `exec(@s)`, `execute sp_add_job @job_name = 'x'`, `execute immediate '…'`. */
function findExec(last: LastTokens, kind: SqlKind | '', word: string): boolean {
  if (kind === 'v') return true;
  return kind === 'w' && (isHarmful(word) || word === 'immediate' || word === 'master' || (isStart(last, 2) && word === 'as'));
}
