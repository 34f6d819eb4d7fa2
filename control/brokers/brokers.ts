/**
 * Message brokers: what there is in those that adapters of the person's domains reach. An adapter sees only its own
 * virtual host, and only names that begin with its prefix (decision 0070).
 */
import { Type, type Static } from 'typebox';
import type {
  BrokerAbout,
  BrokerAdministration,
  BrokerDestination,
  BrokerScope,
  BrokerSession,
  BrokerSubscription,
  BrokerVirtualHost,
  WithoutReason,
} from '../../engine/contract/node/broker-administration.ts';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import { all } from '../action/owners.ts';
import { onlyPage, type Page, pageFields, pageOf, type Key } from '../action/pages.ts';
import { brokerActs } from './broker-acts.ts';
import { BrokerId } from './broker-fields.ts';
import { browseBroker } from './browse-broker.ts';
import { brokersOf, createOpenBroker, type BrokerFailure, type BrokerServices, type OpenBroker } from './open-broker.ts';

export type { BrokerServices } from './open-broker.ts';

export interface BrokerItem extends Partial<Omit<BrokerScope, 'without'>> {
  readonly adapterId: string;
  readonly name: Text;
  readonly domain: string;
  /** Why the broker cannot be administered; `environment`: the adapter has no settings for this one. */
  readonly without?: WithoutReason | 'environment';
  /** Set while the broker cannot be reached or refuses the login. */
  readonly failure?: BrokerFailure;
}

export interface BrokerDetails extends BrokerItem {
  /** Absent if the broker cannot be administered or did not answer; `failure` then says why. */
  readonly about?: BrokerAbout;
}

const onePage = Type.Object({ adapterId: BrokerId, ...pageFields }, closed);

export function brokerActions(services: BrokerServices): readonly Action[] {
  const broker = createOpenBroker(services);
  return [
    listBrokers(services, broker),
    getBroker(services, broker),
    listDestinations(services, broker),
    listSubscriptions(services, broker),
    listSessions(services, broker),
    listVirtualHosts(services, broker),
    browseBroker(services, broker),
    ...brokerActs(services, broker),
  ];
}

function listBrokers(services: BrokerServices, broker: OpenBroker): Action {
  const { bindingStore, nodes } = services;
  return defineAction({
    name: 'brokers.list',
    right: 'brokers.read',
    domain: 'filtered',
    text: {
      'zh-CN': '消息中间件：由消息适配器登记，含各自可见的虚拟主机和名称前缀',
      en: 'Message brokers, registered as messaging adapters, with the virtual host and prefix that each may see',
    },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<BrokerItem>> {
      const types = nodes.adapterTypes?.() ?? [];
      const adapters = domains.keep(await bindingStore.listAdapters()).filter(({ protocol }) => brokersOf(types, protocol) !== undefined);
      const { items, ...rest } = pageOf(adapters, ({ adapterId }) => [adapterId], wish);
      return { items: items.map((adapter) => describe(services, broker, adapter)), ...rest };
    },
  });
}

function getBroker(services: BrokerServices, broker: OpenBroker): Action {
  const { bindingStore, owners, clock } = services;
  return defineAction({
    name: 'brokers.get',
    right: 'brokers.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '一个消息中间件：产品、版本和可做的操作；连接不上时为原因和开始时间',
      en: 'One message broker: product, version and what it can do; if it cannot be reached, why and since when',
    },
    input: Type.Object({ adapterId: BrokerId }, closed),
    audited: false,
    async run(ctx, { adapterId }): Promise<BrokerDetails> {
      const adapter = existing(await bindingStore.getAdapter(adapterId), adapterId);
      const shown = describe(services, broker, adapter);
      if (shown.without !== undefined) return shown;
      try {
        const about = await broker.use(ctx, adapterId, (administration) => administration.about());
        return { ...describe(services, broker, adapter), about };
      } catch (error) {
        return { failure: { error: toErrorRecord(error), since: clock.now() }, ...describe(services, broker, adapter) };
      }
    },
  });
}

function listDestinations({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.destinations',
    right: 'brokers.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '消息中间件的队列和主题：消息数、未确认数、消费者数',
      en: 'Queues and topics of a broker, with the numbers of messages and consumers',
    },
    input: onePage,
    audited: false,
    run: (ctx, input): Promise<Page<BrokerDestination>> =>
      readPage(
        broker,
        ctx,
        input,
        (administration) => administration.destinations(),
        ({ kind, name }) => [kind, name],
      ),
  });
}

function listSubscriptions({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.subscriptions',
    right: 'brokers.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '消息中间件的订阅：绑定到主题的队列，或消费组，含积压',
      en: 'Subscriptions of a broker: queues that are bound to a topic, or consumer groups, with their lag',
    },
    input: onePage,
    audited: false,
    run: (ctx, input): Promise<Page<BrokerSubscription>> =>
      readPage(
        broker,
        ctx,
        input,
        (administration) => administration.subscriptions(),
        ({ topic, subscriber, key = '' }) => [topic, subscriber, key],
      ),
  });
}

function listSessions({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.sessions',
    right: 'brokers.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '消息中间件的会话：客户端名称、用户、地址、开始时间',
      en: 'Sessions of a broker: client, user, address, and since when',
    },
    input: onePage,
    audited: false,
    run: (ctx, input): Promise<Page<BrokerSession>> =>
      readPage(
        broker,
        ctx,
        input,
        (administration) => administration.sessions(),
        ({ sessionId }) => [sessionId],
      ),
  });
}

function listVirtualHosts({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.virtual-hosts',
    right: 'brokers.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '消息中间件的虚拟主机；只有拥有全部服务域的人能看到适配器自己的以外的',
      en: 'Virtual hosts of a broker; only people with all domains see others than that of the adapter',
    },
    input: onePage,
    audited: false,
    run: (ctx, input): Promise<Page<BrokerVirtualHost>> => {
      const isSeen = ({ isOwn }: BrokerVirtualHost) => isOwn || ctx.domains.only === undefined;
      const read = async (administration: BrokerAdministration) => (await administration.virtualHosts()).filter(isSeen);
      return readPage(broker, ctx, input, read, ({ name }) => [name]);
    },
  });
}

async function readPage<Item>(
  broker: OpenBroker,
  ctx: ActionContext,
  { adapterId, ...wish }: Static<typeof onePage>,
  read: (administration: BrokerAdministration) => Promise<readonly Item[]>,
  keyOf: (item: Item) => Key,
): Promise<Page<Item>> {
  return pageOf(await broker.use(ctx, adapterId, read), keyOf, wish);
}

function describe({ bindings, nodes }: BrokerServices, broker: OpenBroker, adapter: AdapterDocument): BrokerItem {
  const { adapterId, name, domain, protocol } = adapter;
  const here = bindings.adapter(adapterId);
  const scope = here && brokersOf(nodes.adapterTypes?.() ?? [], protocol)?.scopeOf(here.settings as Readonly<Record<string, unknown>>);
  const failure = broker.failureOf(adapterId);
  return {
    ...{ adapterId, name, domain },
    ...(scope ?? { without: here === undefined ? 'environment' : 'unsupported' }),
    ...(failure === undefined ? {} : { failure }),
  };
}
