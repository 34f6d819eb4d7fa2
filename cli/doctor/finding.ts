import { bothTexts, errorText } from '../../engine/contract/error-texts/error-texts.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';

/** One finding of `kangqiao doctor`. A `hint` does not make the command fail. */
export interface Finding {
  readonly state: 'good' | 'hint' | 'wrong';
  readonly what: Text;
  readonly remedy?: Text;
}

export function good(zhCN: string, en: string): Finding {
  return { state: 'good', what: { 'zh-CN': zhCN, en } };
}

export function wrong(what: readonly [zhCN: string, en: string], remedy: readonly [zhCN: string, en: string]): Finding {
  return { state: 'wrong', what: textOf(what), remedy: textOf(remedy) };
}

export function hint(what: readonly [zhCN: string, en: string], remedy?: readonly [zhCN: string, en: string]): Finding {
  return { state: 'hint', what: textOf(what), ...(remedy === undefined ? {} : { remedy: textOf(remedy) }) };
}

/** Turns an error into a finding. `where` names the part of the product. */
export function ofError(where: readonly [zhCN: string, en: string], error: unknown): Finding {
  if (!(error instanceof AppError)) {
    const message = error instanceof Error ? error.message : String(error);
    return wrong([`${where[0]}：${message}`, `${where[1]}: ${message}`], ['请附上此信息报告。', 'Report this message.']);
  }
  const chinese = errorText(error, 'zh-CN');
  const both = bothTexts(error);
  // The English text is the error's own message, which is more specific than the text for the code.
  return wrong(
    [`${where[0]}：${chinese.what} [${error.code}]`, `${where[1]}: ${error.message} [${error.code}]`],
    [chinese.fix ?? both['zh-CN'], error.fix ?? both.en],
  );
}

function textOf([zhCN, en]: readonly [string, string]): Text {
  return { 'zh-CN': zhCN, en };
}
