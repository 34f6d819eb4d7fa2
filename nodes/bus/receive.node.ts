import { Type, type Static } from 'typebox';
import { BUS_TOPICS, type BusEvent, type BusTopic } from '../../engine/contract/values/bus-event.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { fromErrorRecord } from '../../engine/contract/values/errors.ts';
import { defineNode, outPort, type Emit, type Stop, type TriggerContext } from '../../engine/contract/node/node.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import { lookRegularly } from '../shared/look-regularly.ts';

const Config = Type.Object(
  {
    topic: Type.Unsafe<BusTopic>(
      Type.Union(
        BUS_TOPICS.map((topic) => Type.Literal(topic)),
        {
          ...fieldText('主题', 'Topic', undefined, undefined, {
            options: {
              management: ['总线管理', 'Management'],
              lifecycle: ['服务生命周期', 'Service lifecycle'],
              monitoring: ['服务监控', 'Service monitoring'],
              invocation: ['服务调用', 'Service invocation'],
            },
          }),
          default: 'lifecycle',
        },
      ),
    ),
    types: Type.Array(Type.String({ pattern: '^[a-z0-9.-]+\\*?$', maxLength: 100 }), {
      ...fieldText(
        '事件类型',
        'Types of events',
        '只接收这些类型；* 结尾表示以此开头。不填时接收全部。',
        'Only these start the flow; a * at the end stands for any ending. Without any, all events do.',
        { example: 'kangqiao.lifecycle.interface.*' },
      ),
      maxItems: 50,
      default: [],
    }),
    everySec: Type.Integer({
      ...fieldText('检查间隔', 'Look every'),
      ...fieldEditor('duration-sec'),
      minimum: 1,
      maximum: 3600,
      default: 2,
    }),
  },
  { additionalProperties: false },
);
type Config = Static<typeof Config>;

const EVENTS_A_LOOK = 200;
/** Changes if positions get another meaning. */
const SOURCE = 'bus-events';

/** Starts the flow with each event of a topic of the bus, in the order of the topic. */
export default defineNode({
  type: 'bus.receive',
  major: 1,
  kind: 'trigger',
  category: 'trigger',
  icon: 'radio-tower',
  text: {
    label: { 'zh-CN': '总线事件', en: 'Bus events' },
    help: {
      'zh-CN': '订阅总线主题：每个事件按顺序启动一次流程，例如接口上线、熔断、告警。',
      en: 'Subscribes to a topic of the bus: each event starts the flow once, in order, such as a published interface or an opened breaker.',
    },
    words: '订阅 事件 主题 topic event subscribe',
  },
  ports: { in: [], out: [outPort] },
  samples: [
    {
      name: { 'zh-CN': '接口上线', en: 'An interface goes online' },
      data: {
        specversion: '1.0',
        id: 'audit-1017',
        source: '/kangqiao',
        type: 'kangqiao.lifecycle.interface.online.v1',
        subject: 'ifc_registration',
        time: '2026-06-01T00:30:00.000Z',
        datacontenttype: 'application/json',
        sequence: '0000000000000042',
        data: { act: 'interfaces.set-state', by: 'wang', state: 'online', revision: 3 },
      },
    },
  ],
  config: Config,
  keyNames: () => [],
  listen,
});

/** The first listener of a flow begins with what happens from now on. */
async function listen(ctx: TriggerContext<Config>, emit: Emit): Promise<Stop> {
  const { busEvents, position, config, log } = ctx;
  const { topic, types } = config;
  const source = `${SOURCE}/${topic}`;
  const kept = await position.read(source);
  let readTo = kept === undefined ? await busEvents.newest(topic) : Number(kept);
  if (kept === undefined) await position.keep(source, String(readTo));
  const wants = matcherOf(types);
  return lookRegularly({
    clock: ctx.clock,
    everySec: config.everySec,
    async look(signal) {
      for (let isMore = true; isMore && !signal.aborted;) {
        const page = await busEvents.after(topic, readTo, EVENTS_A_LOOK);
        if (page.oldest > readTo + 1) log.warn('bus.events-expired', { topic, from: readTo + 1, to: page.oldest - 1 });
        for (const event of page.events) {
          if (signal.aborted) return;
          if (wants(event)) await hand(event, emit);
          readTo = Number(event.sequence);
        }
        isMore = page.readTo > readTo || page.events.length > 0;
        readTo = Math.max(readTo, page.readTo);
        if (isMore) await position.keep(source, String(readTo));
      }
    },
  });
}

async function hand(event: BusEvent, emit: Emit): Promise<void> {
  const message = createMessage(event, { headers: { 'ce-type': event.type, 'ce-id': event.id } });
  const result = await emit({ message, dedupeKey: event.id });
  if (result.status === 'refused') throw fromErrorRecord(result.error);
}

function matcherOf(types: readonly string[]): (event: BusEvent) => boolean {
  if (types.length === 0) return () => true;
  const exact = new Set(types.filter((type) => !type.endsWith('*')));
  const prefixes = types.filter((type) => type.endsWith('*')).map((type) => type.slice(0, -1));
  return ({ type }) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix));
}
