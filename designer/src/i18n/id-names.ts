/** Replaces ids of flows, adapters and code tables in a sentence by their names. Pure. */
import type { ErrorText, TranslatableError } from '../../../engine/contract/error-texts/error-texts.ts';

export type Kind = 'flow' | 'adapter' | 'table';

/**
 * Which values of an error contain ids, and of which kind of object. A value with several ids separates them by commas,
 * English or Chinese.
 */
const KINDS: Readonly<Record<string, Kind>> = {
  flow: 'flow',
  flowId: 'flow',
  other: 'flow',
  flows: 'flow',
  adapter: 'adapter',
  adapterId: 'adapter',
  adapters: 'adapter',
  table: 'table',
};

export function kindsIn(error: Pick<TranslatableError, 'values'>): readonly Kind[] {
  return idsIn(error).map(({ kind }) => kind);
}

/**
 * Replaces the ids in a text. `nameOf` returns an empty string if the object was deleted or the user may not read it;
 * the id is then kept.
 */
export function nameIds(told: ErrorText, error: Pick<TranslatableError, 'values'>, nameOf: (kind: Kind, id: string) => string): ErrorText {
  const named = idsIn(error).flatMap(({ kind, id }) => {
    const name = nameOf(kind, id);
    return name === '' ? [] : [{ kind, id, name }];
  });
  if (named.length === 0) return told;
  const inNames = (sentence: string) => {
    const isChinese = /[\u4e00-\u9fff]/.test(sentence);
    return named.reduce(
      (text, { kind, id, name }) => (kind === 'table' ? withTable(text, id, name) : withName(text, id, name, isChinese)),
      sentence,
    );
  };
  return { ...told, what: inNames(told.what), ...(told.fix === undefined ? {} : { fix: inNames(told.fix) }) };
}

function idsIn({ values = {} }: Pick<TranslatableError, 'values'>): readonly { readonly kind: Kind; readonly id: string }[] {
  return Object.entries(values).flatMap(([value, ids]) => {
    const kind = Object.hasOwn(KINDS, value) ? KINDS[value]! : undefined;
    if (kind === undefined || typeof ids !== 'string') return [];
    return ids
      .split(/[,、]\s*/)
      .filter((id) => id !== '')
      .map((id) => ({ kind, id }));
  });
}

/**
 * Replaces the id of a code table by its name. Such an id may be an ordinary word of the sentence, so it is replaced
 * only inside quotation marks.
 */
function withTable(text: string, id: string, name: string): string {
  return text.replaceAll(new RegExp(`(["“])${literal(id)}(?=["”])`, 'g'), (_, open: string) => open + name);
}

/**
 * Replaces an id by the object's name in quotation marks. In Chinese, the spaces around the id are removed. In English,
 * a name in brackets after the id is removed, so that the name is not repeated.
 */
function withName(text: string, id: string, name: string, isChinese: boolean): string {
  const alone = `(?<![\\w.-])${literal(id)}(?![\\w.-])`;
  return isChinese
    ? text.replaceAll(new RegExp(` ?${alone} ?`, 'g'), () => `“${name}”`)
    : text.replaceAll(new RegExp(`${alone}( \\("[^"]*"\\))?`, 'g'), () => `"${name}"`);
}

function literal(id: string): string {
  return id.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
