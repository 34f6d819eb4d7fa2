/** One Chinese error text. `{name}` is a value of the error; `[…]` is left out if a value in it is absent. */
export interface ErrorTemplate {
  /** What happened and why. */
  readonly what: string;
  /** What the reader should do now; absent if there is nothing to do. */
  readonly fix?: string;
  /**
   * Set if the English message says more than the values do (the text of a library or of an author's script). The
   * message is then shown too.
   */
  readonly original?: true;
}

/** Returns the texts of a failed connection. In the connection test itself, the advice is another one (problem `test`). */
export function connectTexts(code: string, what: string): ErrorTemplates {
  return {
    [code]: { what, fix: '用适配器的连接测试检查地址、防火墙、加密方式与证书。' },
    [`${code}/test`]: { what, fix: '检查地址和端口、防火墙、加密方式与证书。' },
  };
}

/** The key is `CODE`, or `CODE/problem` if the value `problem` distinguishes several messages of one code. */
export type ErrorTemplates = Readonly<Record<string, ErrorTemplate>>;
