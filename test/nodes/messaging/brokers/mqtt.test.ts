import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Incoming, Outgoing } from '../../../../nodes/messaging/brokers/broker.ts';
import mqtt from '../../../../nodes/messaging/brokers/mqtt.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { MQTT, reached, type TestBroker } from '../brokers-here.ts';
import { brokerConformance, failsWith } from './conformance.ts';

brokerConformance(MQTT);

describe('MQTT alone', { skip: MQTT.skip ?? false }, () => {
  let server: TestBroker;
  before(async () => {
    server = await MQTT.start();
  });
  after(() => server?.stop());

  const publish = async (destination: string, text: string, headers: Outgoing['headers'] = {}) => {
    const publisher = await mqtt.openPublisher(reached(server.target));
    const fixed = { key: undefined, id: `id-${text}`, contentType: 'text/plain', body: Buffer.from(text) };
    await publisher.publish({ destination, headers, ...fixed }).finally(() => publisher.close());
  };
  const collect = async (destination: string, deadLetter = 'dead') => {
    const got: Incoming[] = [];
    const subscription = { destination, group: 'g', member: 'm', window: 20, deadLetter };
    const consumer = await mqtt.consume(reached(server.target), subscription, async (incoming) => {
      got.push(incoming);
      return 'stored';
    });
    return { got, stop: () => consumer.stop() };
  };

  it('a message for which nobody has subscribed is refused, because the broker stores nothing', async () => {
    await assert.rejects(publish('nobody', 'm1'), failsWith('MESSAGING_DESTINATION_UNKNOWN', 'input'));
    await assert.rejects(publish('ward/+', 'm1'), failsWith('MESSAGING_REFUSED', 'input'));
    await assert.rejects(collect('ward/+', 'ward/+/dead'), failsWith('MESSAGING_REFUSED', 'input'));
  });

  it('a retained message comes once, with the first subscription; wildcards name the topic', async () => {
    await publish('ward/17', 'last', { 'mqtt-retain': 'true' });
    const first = await collect('ward/+');
    await eventually(() => first.got.length === 1);
    assert.deepEqual(first.got[0]!.headers, { 'mqtt-topic': 'ward/17', 'mqtt-retain': 'true' });
    await first.stop();
    await publish('ward/18', 'next');
    const second = await collect('ward/+');
    await eventually(() => second.got.length === 1);
    assert.deepEqual(second.got[0]!.headers, { 'mqtt-topic': 'ward/18' });
    await second.stop();
  });
});
