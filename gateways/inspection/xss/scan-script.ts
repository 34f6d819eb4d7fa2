import type { Finding, Structure } from '../../documents/content-structures.ts';
import { COMMON_SINKS, EVENT_HANDLERS, GLOBALS, MEMBERS, SCRIPT_KEYWORDS, SINKS } from './html-words.ts';

const KEPT = 12;

/** A token: `w` name, `n` number, `q` quotation mark, `` ` ``, or a sign itself; `''` for the start and the end. */
interface Token {
  kind: string;
  word: string;
  /** True if a blank stands before it. */
  isSpaced: boolean;
}

/**
 * Looks for script in a value that a page puts into its own: a call that runs text, or access to the page, where an
 * expression may begin. Prose has words there, or a blank before its parenthesis.
 */
export function scanScript(text: string): Finding | undefined {
  return new ScriptScan(text).run();
}

class ScriptScan {
  readonly #text: string;
  #at = 0;
  readonly #last: Token[] = Array.from({ length: KEPT }, () => ({ kind: '', word: '', isSpaced: false }));
  #count = 0;
  /** Depth of brackets that belong to a computed member of a global object, 0 outside. */
  #computed = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Finding | undefined {
    while (this.#next()) {
      const structure = this.#look();
      if (structure !== undefined) return this.#found(structure);
    }
    this.#push('', '', false);
    const structure = this.#look();
    return structure === undefined ? undefined : this.#found(structure);
  }

  #found(structure: Structure): Finding {
    let shape = '';
    for (let back = Math.min(this.#count, 8) - 1; back >= 0; back--) shape += this.#token(back).kind;
    return { structure, shape };
  }

  #token(back: number): Token {
    return back < this.#count && back < KEPT ? this.#last[(this.#count - 1 - back) % KEPT]! : START;
  }

  #push(kind: string, word: string, isSpaced: boolean): void {
    const token = this.#last[this.#count % KEPT]!;
    token.kind = kind;
    token.word = word;
    token.isSpaced = isSpaced;
    this.#count++;
  }

  #next(): boolean {
    const text = this.#text;
    let isSpaced = false;
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at);
      if (code <= 0x20 || code === 0xa0) isSpaced = true;
      else if (code === 0x2f && text.charCodeAt(this.#at + 1) === 0x2a) {
        const end = this.#isOpen ? -1 : text.indexOf('*/', this.#at + 2);
        if (end < 0) this.#isOpen = true;
        this.#at = end < 0 ? this.#at + 1 : end + 1;
      } else break;
    }
    if (this.#at >= text.length) return false;
    const code = text.charCodeAt(this.#at);
    if (isNameCode(code)) {
      const from = this.#at;
      while (this.#at < text.length && isNameCode(text.charCodeAt(this.#at))) this.#at++;
      const isNumber = code >= 0x30 && code <= 0x39;
      this.#push(isNumber ? 'n' : 'w', this.#at - from > 24 ? 'long' : text.slice(from, this.#at), isSpaced);
      return true;
    }
    const char = text[this.#at]!;
    this.#at++;
    this.#push(char === "'" || char === '"' ? 'q' : char, '', isSpaced);
    return true;
  }

  #isOpen = false;

  #look(): Structure | undefined {
    const { kind } = this.#token(0);
    if (kind === '[' && this.#isGlobalBefore()) this.#computed = 1;
    else if (this.#computed > 0) {
      const access = this.#readComputed(kind);
      if (access !== undefined) return access;
    }
    return this.#lookAtCall() ?? this.#lookAtMember() ?? this.#lookAtPassed() ?? this.#lookAtScheme() ?? this.#lookAtHandler();
  }

  /** `top[`, `top?.[`. */
  #isGlobalBefore(): boolean {
    const back = this.#token(1).kind === '.' && this.#token(2).kind === '?' ? 3 : 1;
    return this.#token(back).kind === 'w' && GLOBALS.has(this.#token(back).word) && this.#begins(back + 1);
  }

  /** `top['al'+'ert'](1)`: a member by a computed name, then called, assigned or gone on from. */
  #readComputed(kind: string): Structure | undefined {
    if (this.#computed === CLOSED) {
      this.#computed = 0;
      return kind === '(' || kind === '`' || kind === '[' || kind === '=' || kind === '.' || kind === '?' ? 'script-access' : undefined;
    }
    if (kind === '[') this.#computed++;
    if (kind === ']' && --this.#computed === 0) this.#computed = CLOSED;
    return undefined;
  }

  /** True if an expression may begin after the token: after a sign, a mark or a keyword, not after a plain word. */
  #begins(back: number): boolean {
    const { kind, word } = this.#token(back);
    if (kind === 'w') return SCRIPT_KEYWORDS.has(word);
    return kind !== 'n' && kind !== ']';
  }

  /** `alert(1)`, `` alert`1` ``, `(alert)(1)`, `alert.call(…)`, `alert?.(1)`. */
  #lookAtCall(): Structure | undefined {
    const opener = this.#token(1);
    const argument = this.#token(0);
    let name = 2;
    if (opener.kind === ')' && argument.kind === '(') {
      return this.#token(2).kind === 'w' && SINKS.has(this.#token(2).word) && this.#token(3).kind === '(' ? 'script-call' : undefined;
    }
    if (opener.kind !== '(' && opener.kind !== '`') return undefined;
    if (this.#token(name).kind === '.' && this.#token(name + 1).kind === '?') name += 2;
    const isReflected = this.#token(name).kind === 'w' && REFLECTED.has(this.#token(name).word) && this.#token(name + 1).kind === '.';
    if (isReflected) name += 2;
    const { kind, word } = this.#token(name);
    if (kind !== 'w') return undefined;
    const isMember = this.#token(name + 1).kind === '.';
    if (isReflected && opener.kind === '`') return 'script-call';
    if (!SINKS.has(word) && !(word === 'constructor' && isMember)) return undefined;
    // `` `eval` `` quotes the name.
    if (!this.#begins(name + 1) || (opener.kind === '`' && this.#token(name + 1).kind === '`')) return undefined;
    const isCommon = COMMON_SINKS.has(word) && this.#token(name + 1).word !== 'new' && !isText(argument.kind);
    return isReflected || (!isCommon && this.#isArgument(opener, argument)) ? 'script-call' : undefined;
  }

  #isArgument(opener: Token, argument: Token): boolean {
    if (opener.kind === '`') return true;
    // `Alert (1).txt`: with a blank before the parenthesis only a string is an argument.
    if (opener.isSpaced) return isText(argument.kind);
    // `confirm(ed)`: at the start of a value a plain word is none.
    if (argument.kind === 'w' && this.#token(3).kind === '')
      return GLOBALS.has(argument.word) || MEMBERS.has(argument.word) || SINKS.has(argument.word);
    return argument.kind !== '' || this.#token(3).kind === '=';
  }

  /** `document.cookie`, `location.href`, `window.name`. */
  #lookAtMember(): Structure | undefined {
    const member = this.#token(0);
    if (member.kind !== 'w' || this.#token(1).kind !== '.' || member.isSpaced) return undefined;
    const object = this.#token(2).kind === '?' ? this.#token(3) : this.#token(2);
    if (object.kind === 'w' && GLOBALS.has(object.word) && MEMBERS.has(member.word) && this.#begins(this.#token(2).kind === '?' ? 4 : 3))
      return 'script-access';
    return member.word === 'constructor' && object.word === 'constructor' ? 'script-access' : undefined;
  }

  /** `[1].map(alert)`, `onerror=alert;throw 1`, `{a:alert}`. */
  #lookAtPassed(): Structure | undefined {
    const end = this.#token(0).kind;
    const sink = this.#token(1);
    if (sink.kind !== 'w' || !SINKS.has(sink.word)) return undefined;
    const before = this.#token(2).kind;
    if (end === ')' && before === '(' && this.#token(3).kind === 'w' && this.#token(4).kind === '.') return 'script-call';
    if (before === '=' && (end === ';' || end === ',' || end === '}') && this.#token(3).kind !== '') return 'script-call';
    if (before === ':' && end === '}') return CONVERSIONS.has(this.#token(3).word) ? 'script-call' : undefined;
    return before === '[' && end === ']' && this.#token(3).kind === '=' ? 'script-call' : undefined;
  }

  /** A value that is an address of script: `javascript:…` with a sign of script in it. */
  #lookAtScheme(): Structure | undefined {
    if (this.#token(0).word === 'html' && this.#token(2).word === 'text' && this.#token(3).kind === ':' && this.#token(4).word === 'data')
      return 'html-url';
    if (this.#token(0).kind !== ':' || this.#token(1).kind !== 'w' || this.#token(0).isSpaced) return undefined;
    const before = this.#token(2).kind;
    const isStart = before === '' || before === '=' || before === 'q' || before === '(' || before === '`';
    if (!isStart || !ADDRESSES.has(this.#token(1).word.toLowerCase())) return undefined;
    // `Javascript：入门（上）` is a title.
    if (this.#text.charCodeAt(this.#at) >= 128) return undefined;
    for (let at = this.#at; at < this.#at + 200 && this.#text.charCodeAt(at) > 0x20; at++)
      if (SCRIPT_SIGNS.includes(this.#text[at]!)) return 'html-url';
    return undefined;
  }

  /** `[onerror]=…`, `a:onerror`: handlers set without a tag. */
  #lookAtHandler(): Structure | undefined {
    const name = this.#token(1);
    if (name.kind !== 'w' || !EVENT_HANDLERS.has(name.word)) return undefined;
    const end = this.#token(0).kind;
    const before = this.#token(2).kind;
    return (before === '[' && end === ']') || (before === ':' && end === '}') || (before === '.' && end === '=')
      ? 'script-access'
      : undefined;
  }
}

function isText(kind: string): boolean {
  return kind === 'q' || kind === '`' || kind === '/';
}

const START: Token = { kind: '', word: '', isSpaced: false };
const CLOSED = Number.MAX_SAFE_INTEGER;
const CONVERSIONS = new Set(['valueOf', 'toString', 'toJSON']);
const REFLECTED = new Set(['call', 'apply', 'bind']);
const ADDRESSES = new Set(['javascript', 'vbscript', 'livescript']);
const SCRIPT_SIGNS = '(=`[/%';

/** Letters, digits, `_` and `$`; letters outside ASCII make opaque names. */
function isNameCode(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x24 ||
    (code >= 0xc0 && code !== 0x2028)
  );
}
