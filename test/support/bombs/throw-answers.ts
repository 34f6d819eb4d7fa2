/** What a hostile hospital sends: answers to calls, HL7 messages, mails, and a mail server that keeps to no protocol. */
import type { TestContext } from 'node:test';
import { until } from '../city.ts';
import { hostileImap, type Misbehave } from '../hostile-imap.ts';
import { chainFlow } from '../platform-api.ts';
import { adapterOf, thrown, type BombField, type Outcome } from './bomb-field.ts';
import type { Bomb } from './bomb.ts';
import { sendHl7 } from './hostile-hospital.ts';
import { outcomeOf, shared } from './throw-documents.ts';

const AT_ONCE = 2;
const MAILBOXES_AT_ONCE = 3;
const SECRET = 'bombs';
const PATIENCE_MS = 60_000;

export async function throwAnswers(field: BombField, kind: 'json' | 'xml' | 'soap' | 'ack'): Promise<Outcome[]> {
  const { api, bombs, paths } = field;
  const asked = kind === 'json' ? (['json', 'json-text'] as const) : [kind];
  return shared(bombs[kind] as readonly Bomb<string>[], AT_ONCE, async (bomb) => {
    const ways = [];
    for (const path of asked)
      ways.push(
        await thrown(path, async () => {
          const { status, headers, body } = await api.bus('POST', paths[path], { n: String(bomb.number) });
          return { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) };
        }),
      );
    return outcomeOf(bomb, ways);
  });
}

export function throwMessages({ bombs, hl7Port }: BombField): Promise<Outcome[]> {
  return shared(bombs.hl7, AT_ONCE, async (bomb) => {
    const code = await sendHl7(hl7Port, bomb.load);
    return outcomeOf(bomb, [{ way: code, ...(/^A[AER]$/.test(code) ? {} : { fault: code }) }]);
  });
}

export async function throwMails(t: Pick<TestContext, 'after'>, field: BombField): Promise<Outcome[]> {
  const { mail, imap } = field.bombs;
  const boxes = [
    ...mail.map((bomb) => ({ bomb, misbehave: (() => undefined) as Misbehave, text: bomb.load })),
    ...imap.map((bomb) => ({ bomb, misbehave: bomb.load, text: undefined })),
  ];
  const nameOf = ({ name }: Bomb) => `${name.split(' ')[0]}_${name.split(' ').at(-1)}`;
  const adapters = boxes.map(({ bomb }) => `adp_${nameOf(bomb)}`);
  const kept = await field.keeper.call('PUT', `/secrets/${SECRET}`, { value: 'secret', adapters });
  if (kept.status !== 200) throw new Error(kept.text);
  return shared(boxes, MAILBOXES_AT_ONCE, async ({ bomb, misbehave, text }) => {
    const end = await throwMailbox(t, field, nameOf(bomb), misbehave, text);
    return outcomeOf(bomb, [{ way: end, ...(end === 'nothing' ? { fault: end } : {}) }]);
  });
}

/** The folder that the mail went to, or the code of what the mailbox is refused with. */
async function throwMailbox(
  t: Pick<TestContext, 'after'>,
  { api, keeper }: BombField,
  name: string,
  misbehave: Misbehave,
  mail?: string,
): Promise<string> {
  let moved: string | undefined;
  const server = await hostileImap(
    t,
    (command, tag, write, socket, line) => {
      if (command === 'MOVE' || command === 'COPY') moved ??= /(?:MOVE|COPY) \d+ "?(\w+)/.exec(line)?.[1];
      return misbehave(command, tag, write, socket, line);
    },
    ...(mail === undefined ? [] : [mail]),
  );
  const settings = { user: 'lab', imap: { host: '127.0.0.1', port: server.port, security: 'none' } };
  const saved = await keeper.call('PUT', `/adapters/adp_${name}`, adapterOf(`adp_${name}`, 'mail', settings, { credential: SECRET }));
  if (saved.status !== 200) throw new Error(saved.text);
  const flowId = `flw_${name}`;
  const flow = chainFlow(flowId, [{ type: 'transform.set@1', config: { fields: [{ to: 'data', from: { value: {} } }] } }], {
    mode: 'durable',
  });
  const [first, ...rest] = flow.nodes;
  const receive = { ...first!, type: 'mail.receive@1', adapter: `adp_${name}`, config: { everySec: 1, maxBytes: 1024 * 1024 } };
  await api.ask('PUT', `/flows/${flowId}`, { ...flow, nodes: [receive, ...rest] });
  // Report immediately what the server does before the trigger is running.
  const published = await api.call('POST', `/flows/${flowId}/publish`, {});
  if (published.status !== 200) return typeof published.body['code'] === 'string' ? published.body['code'] : 'nothing';
  const end = await until(
    `an end of ${name}`,
    async () => {
      if (moved !== undefined) return moved;
      const { listeners } = (await api.ask('GET', '/system')) as { listeners: readonly { flowId: string; error?: { code: string } }[] };
      return listeners.find((listener) => listener.flowId === flowId)?.error?.code;
    },
    PATIENCE_MS,
  ).catch(() => 'nothing');
  await api.ask('POST', `/flows/${flowId}/unpublish`, {});
  return end;
}
