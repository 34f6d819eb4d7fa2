/**
 * Random requests over random options, compared with an oracle: what the target would answer to exactly that part of a
 * request that belongs to the key. `SEED=…` repeats a run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Front } from '../../../engine/contract/access/access.ts';
import { callGateway, memoryState, type TestAnswer } from '../support/start-gateway.ts';
import { cachedInterface, createCallers, startFront, startService, textOf, type Callers } from './cache-lab.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 12;
const REQUESTS = 120;

/** A small generator of random numbers (mulberry32). */
function createRandom(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    pick: <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!,
    some: <Item>(items: readonly Item[]): Item[] => items.filter(() => next() < 0.5),
    chance: (share: number) => next() < share,
  };
}

interface Wish {
  readonly who: string;
  readonly id: string;
  readonly query: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

const HEADERS = ['accept-language', 'x-ward', 'x-shift'];
const PARAMS = ['query:page', 'query:size', ...HEADERS.map((name) => `header:${name}`)];

function send(callers: Callers, front: Front, gateway: Awaited<ReturnType<typeof startFront>>, wish: Wish): Promise<TestAnswer> {
  const target = `/${front}/v1/beds/${wish.id}${wish.query.length === 0 ? '' : `?${wish.query.join('&')}`}`;
  if (front === 'open') return callers.open(gateway, callers.apps[wish.who === 'one' ? 0 : 1]!, target, wish.headers);
  return front === 'user'
    ? callers.user(gateway, wish.who, target, wish.headers)
    : callers.bus(gateway, wish.who, target, { headers: wish.headers });
}

for (let round = 0; round < ROUNDS; round++)
  test(`round ${round}: nobody gets what another request would have got (SEED=${SEED})`, async (t) => {
    const random = createRandom(SEED + round);
    const front = random.pick(['open', 'user', 'bus'] as const);
    const scope = random.pick(front === 'user' ? (['public', 'app', 'user'] as const) : (['public', 'app'] as const));
    const params = random.chance(0.3) ? undefined : random.some(PARAMS);
    const varied = random.chance(0.5) ? random.some([...HEADERS, 'accept-encoding']) : [];
    const level = random.pick(['L1', 'L1L2']);
    t.diagnostic(JSON.stringify({ front, scope, params, varied, level }));

    const service = await startService(t);
    service.behave = ({ url, headers }, response) => {
      if (varied.length > 0) response.setHeader('vary', varied.join(', '));
      const seen = HEADERS.map((name) => headers[name] ?? null);
      response.end(JSON.stringify([url, headers['x-kq-appid'] ?? null, headers['x-kq-user'] ?? null, ...seen]));
    };
    const callers = await createCallers([cachedInterface(service, front, { level, scope, ...(params && { params }) })]);
    const common = { shared: memoryState() };
    const gateways = [await startFront(t, front, callers.plan, common), await startFront(t, front, callers.plan, common)];

    const selects = (param: string) => params?.includes(param) ?? param.startsWith('query:');
    const expected = ({ who, id, query, headers }: Wish): string => {
      const names = ['page', 'size'];
      const kept =
        params === undefined ? query : params.flatMap((param) => query.filter((pair) => param === `query:${pair.split('=')[0]!}`));
      const url = `/${front}/v1/beds/${id}${kept.length === 0 ? '' : `?${kept.join('&')}`}`;
      assert.ok(kept.every((pair) => params === undefined || names.includes(pair.split('=')[0]!)));
      const app = scope === 'public' ? null : front === 'user' ? 'citizens' : who;
      const seen = HEADERS.map((name) => (selects(`header:${name}`) ? (headers[name] ?? null) : null));
      return JSON.stringify([url, app, scope === 'user' ? who : null, ...seen]);
    };
    const isShareable = varied.every((name) => name === 'accept-encoding' || selects(`header:${name}`));
    const known = gateways.map(() => new Set<string>());
    for (let i = 0; i < REQUESTS; i++) {
      const at = random.pick([0, 1]);
      const wish: Wish = {
        who: random.pick(['one', 'two']),
        id: random.pick(['1', '2']),
        query: random
          .some(['page=1', 'size=5', 'other=9', ...(random.chance(0.1) ? ['page=%31'] : [])])
          .filter((pair, place, all) => all.findIndex((other) => other.split('=')[0] === pair.split('=')[0]) === place),
        headers: Object.fromEntries(random.some(HEADERS).map((name) => [name, random.pick(['a', 'b'])])),
      };
      if (random.chance(0.1)) {
        const answer = await callGateway(gateways[at]!.gateway, { target: `/${front}/v1/beds/${wish.id}` });
        assert.equal(answer.code, 'GW40101', 'a warm cache never answers a request without proof');
        continue;
      }
      const answer = await send(callers, front, gateways[at]!, wish);
      const text = expected(wish);
      assert.equal(textOf(answer), text);
      const isHit = answer.headers['cache-status']!.includes('; hit;');
      const isKnown = isShareable && known[at]!.has(text);
      // A gateway may also have it from the other one.
      const isKnownThere = level === 'L1L2' && isShareable && known[1 - at]!.has(text);
      if (!isKnownThere) assert.equal(isHit, isKnown, 'equal requests, and only these, share a response');
      known[at]!.add(text);
    }
  });
