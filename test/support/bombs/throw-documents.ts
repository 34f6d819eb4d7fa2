/** Documents that people send: validated by viewers; validated, saved, tried and published by analysts. */
import type { Person } from '../city.ts';
import { busInterface, chainFlow } from '../platform-api.ts';
import { adapterOf, thrown, type BombField, type Outcome } from './bomb-field.ts';
import type { Bomb } from './bomb.ts';

type Nodes = Parameters<typeof chainFlow>[1];

/** How many expressions are also run. */
const TRIED = 20;
const REFUSED_ONCE_MORE = 5;
const INPUT = { data: { list: [1], a: 'ab' } };

const NODES: Readonly<Record<'schema' | 'pattern' | 'expression' | 'mapping', (load: never) => Nodes>> = {
  schema: (schema) => [{ type: 'check.json-schema@1', config: { schema } }],
  pattern: (schema) => [{ type: 'check.json-schema@1', config: { schema } }],
  expression: (expression) => [{ type: 'transform.set@1', config: { fields: [{ to: 'data.x', from: { expression } }] } }],
  mapping: (mapping) => [{ type: 'transform.map@1', config: { mapping } }],
};

export async function throwDocuments(field: BombField, kind: keyof typeof NODES): Promise<Outcome[]> {
  const bombs: readonly Bomb[] = field.bombs[kind];
  return shared(bombs, field.viewers.length, async (bomb, who) => {
    const index = bomb.number;
    const document = chainFlow(`flw_${kind}_${index}`, NODES[kind](bomb.load as never));
    const [viewer, analyst] = [field.viewers[who]!, field.analysts[who]!];
    const validated = await thrown('viewer validates', () => viewer.call('POST', '/flows/validate', document));
    const ways = [validated];
    if (kind === 'schema' || kind === 'pattern') {
      const offered = busInterface(document.flowId, { requestSchema: bomb.load as Record<string, unknown> });
      ways.push(await thrown('analyst offers', () => analyst.call('POST', '/interfaces/validate', offered)));
    }
    const path = `/flows/${document.flowId}`;
    ways.push(await thrown('analyst saves', () => analyst.call('PUT', path, document)));
    // What is refused is refused there too; some are sent nevertheless.
    const isRefused = !validated.text.includes('"valid":true');
    if (isRefused && index % REFUSED_ONCE_MORE > 0) return outcomeOf(bomb, ways);
    if (kind !== 'expression' || index < TRIED)
      ways.push(await thrown('analyst tries', () => analyst.call('POST', '/flows/trial', { document, input: INPUT })));
    const published = await thrown('analyst publishes', () => analyst.call('POST', `${path}/publish`, {}));
    if (published.status === 200) ways.push(await thrown('analyst withdraws', () => analyst.call('POST', `${path}/unpublish`, {})));
    return outcomeOf(bomb, [...ways, published]);
  });
}

export async function throwDescriptions(field: BombField): Promise<Outcome[]> {
  return shared(field.bombs.wsdl, field.analysts.length, async (bomb, who) => {
    const index = bomb.number;
    const analyst: Person = field.analysts[who]!;
    const adapterId = `adp_wsdl_${index}`;
    const adapter = adapterOf(adapterId, 'soap', { baseUrl: `${field.hospital.baseUrl}/wsdl/${index}` });
    const saved = await thrown('analyst saves', () => analyst.call('PUT', `/adapters/${adapterId}`, adapter));
    return outcomeOf(bomb, [saved, await thrown('analyst asks', () => analyst.call('GET', `/adapters/${adapterId}/offers`))]);
  });
}

export function outcomeOf(bomb: Bomb, ways: readonly { readonly way: string; readonly fault?: string }[]): Outcome {
  return { bomb: bomb.name, ways: ways.map(({ way }) => way), faults: ways.flatMap(({ fault }) => fault ?? []) };
}

/** Several at once, each of whom takes the next. */
export async function shared<T, R>(list: readonly T[], hands: number, work: (one: T, hand: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const take = async (hand: number) => {
    for (let index = next++; index < list.length; index = next++) results[index] = await work(list[index]!, hand);
  };
  await Promise.all(Array.from({ length: hands }, (_, hand) => take(hand)));
  return results;
}
