/** What the SQL of a database looks like, as far as finding parameters and writing names needs it. */
export interface SqlSyntax {
  /** Quotes of strings. */
  readonly strings: string;
  /** Opening quotes of names, with the closing ones. A doubled closing quote stands for itself. */
  readonly names: Readonly<Record<string, string>>;
  /** Returns the n-th placeholder; the first is 1. */
  placeholder(position: number): string;
  /** True if a placeholder may be used twice for the same value. Otherwise each use is a placeholder of its own. */
  readonly isNumbered: boolean;
  /** True if a backslash escapes in every string. In PostgreSQL it does in `E'…'` only. */
  readonly hasBackslash: boolean;
  /** True if `#` begins a comment. */
  readonly hasHashComment: boolean;
  /** True if `/* … *\/` can be nested. */
  readonly hasNestedComment: boolean;
  /** True for `$tag$ … $tag$`. */
  readonly hasDollarQuote: boolean;
  /** True for `q'[ … ]'`. */
  readonly hasOracleQuote?: boolean;
}

export const POSTGRESQL: SqlSyntax = {
  strings: "'",
  names: { '"': '"' },
  placeholder: (position) => `$${position}`,
  isNumbered: true,
  hasBackslash: false,
  hasHashComment: false,
  hasNestedComment: true,
  hasDollarQuote: true,
};

/** MySQL and MariaDB. The driver sees to it that a backslash escapes. */
export const MYSQL: SqlSyntax = {
  strings: `'"`,
  names: { '`': '`' },
  placeholder: () => '?',
  isNumbered: false,
  hasBackslash: true,
  hasHashComment: true,
  hasNestedComment: false,
  hasDollarQuote: false,
};

export const SQLITE: SqlSyntax = {
  strings: "'",
  names: { '"': '"', '`': '`', '[': ']' },
  placeholder: (position) => `?${position}`,
  isNumbered: true,
  hasBackslash: false,
  hasHashComment: false,
  hasNestedComment: false,
  hasDollarQuote: false,
};

/** The first pair of quotes is the one that names are written in; the other depends on a setting of the session. */
export const SQLSERVER: SqlSyntax = {
  strings: "'",
  names: { '[': ']', '"': '"' },
  placeholder: (position) => `@kq${position}`,
  isNumbered: true,
  hasBackslash: false,
  hasHashComment: false,
  hasNestedComment: true,
  hasDollarQuote: false,
};

export const ORACLE: SqlSyntax = {
  strings: "'",
  names: { '"': '"' },
  placeholder: (position) => `:kq${position}`,
  isNumbered: true,
  hasBackslash: false,
  hasHashComment: false,
  hasNestedComment: false,
  hasDollarQuote: false,
  hasOracleQuote: true,
};

/** Quotes a name, so that it may contain any character. */
export function quoteName(name: string, { names }: SqlSyntax): string {
  const [[open, close]] = Object.entries(names) as [[string, string]];
  return `${open}${name.replaceAll(close, close + close)}${close}`;
}
