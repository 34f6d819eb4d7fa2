import type { Exchange } from '../contract.ts';
import type { JsonStep } from '../documents/object-locator.ts';
import type { Injection } from './judge.ts';
import { mediaTypeOf, URL_FORM } from './media.ts';
import { walkJson } from './walk-json.ts';

/**
 * Writes the caller's values into the fields that are absent, so that flow and upstream see them. `json` is the text of
 * a JSON body. Returns false if there is no place for a value, such as a request without a body.
 */
export function injectAll(exchange: Exchange, injections: readonly Injection[], json: string | undefined): boolean {
  let text = json;
  for (const { rule, value, isNumber } of injections) {
    const { locator } = rule;
    switch (locator.carrier) {
      case 'query':
        exchange.rawQuery += `${exchange.rawQuery === '' ? '' : '&'}${pairOf(locator.name, value)}`;
        break;
      case 'header':
        if (!/^[\x20-\x7e]*$/.test(value)) return false;
        exchange.headers[locator.name] = value;
        break;
      case 'form':
        if (!appendToForm(exchange, pairOf(locator.name, value))) return false;
        break;
      case 'json':
        text = text === undefined ? undefined : fillIn(text, locator.steps, isNumber ? value : JSON.stringify(value));
        if (text === undefined) return false;
        break;
      default:
        return false;
    }
  }
  if (text !== json) {
    exchange.body = Buffer.from(text!);
    exchange.json = undefined;
  }
  return true;
}

/** Fills a value in at each place where it is missing; the rest of the text stays as it is. */
function fillIn(text: string, steps: readonly JsonStep[], value: string): string | undefined {
  const holes = walkJson(text, steps)?.leaves.filter((leaf) => leaf.value === undefined) ?? [];
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end, fill } of holes) {
    if (fill === undefined) return undefined;
    pieces.push(text.slice(from, start), fill.before, value, fill.after);
    from = end;
  }
  return holes.length === 0 ? undefined : pieces.join('') + text.slice(from);
}

function pairOf(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

function appendToForm(exchange: Exchange, pair: string): boolean {
  const { body, headers } = exchange;
  if (body === undefined || body.byteLength === 0 || mediaTypeOf(headers['content-type'] ?? '') !== URL_FORM) return false;
  exchange.body = Buffer.concat([body, Buffer.from(`&${pair}`)]);
  return true;
}
