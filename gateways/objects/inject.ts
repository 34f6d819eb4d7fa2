import type { Exchange } from '../contract.ts';
import type { BodyFault } from '../shared/body-threads.ts';
import type { ObjectReader } from './create-object-reader.ts';
import type { JsonFill } from './fill-json.ts';
import type { Injection } from './judge.ts';
import { mediaTypeOf, URL_FORM } from '../content/media.ts';

/**
 * Writes the caller's values into the fields that are absent, so that flow and upstream see them. Returns false if there
 * is no place for a value, such as a request without a body.
 */
export function injectAll(
  exchange: Exchange,
  injections: readonly Injection[],
  reader: ObjectReader,
): boolean | BodyFault | Promise<boolean | BodyFault> {
  const fills: JsonFill[] = [];
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
        fills.push({ steps: locator.steps, value: isNumber ? value : JSON.stringify(value) });
        break;
      default:
        return false;
    }
  }
  return fills.length === 0 || fillBody(exchange, fills, reader);
}

function fillBody(
  exchange: Exchange,
  fills: readonly JsonFill[],
  reader: ObjectReader,
): boolean | BodyFault | Promise<boolean | BodyFault> {
  const { body } = exchange;
  if (body === undefined || body.byteLength === 0) return false;
  const filled = reader.fill(body, fills, exchange);
  const take = (found: Awaited<typeof filled>): boolean | BodyFault => {
    if (typeof found === 'string') return found;
    if (found === undefined) return false;
    exchange.body = found;
    exchange.json = undefined;
    return true;
  };
  return filled instanceof Promise ? filled.then(take) : take(filled);
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
