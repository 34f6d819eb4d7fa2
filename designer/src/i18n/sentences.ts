/** Joins the parts of a message (what happened, what to do) into one text. Pure. */
export function sentences(...parts: readonly (string | undefined)[]): string {
  return parts
    .filter((part) => part !== undefined && part !== '')
    .reduce<string>((told, part) => (told === '' ? part! : `${told}${between(told)}${part}`), '');
}

const between = (told: string) => (/[。！？；]$/.test(told) ? '' : CHINESE_END.test(told) ? '。' : ' ');
const CHINESE_END = /[\u2e80-\u9fff\uff00-\uffef”’》]$/;
