import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerWord } from '../../designer/src/pages/brokers/broker-texts.ts';

test('types and states of brokers are shown in the language of the page; a word that nobody knows stays as it is', () => {
  const chinese = ['log', 'quorum', 'fanout', 'Stable', 'PreparingRebalance', 'x-delayed-message'].map((word) => brokerWord(word, 'zh-CN'));
  assert.deepEqual(chinese, ['分区日志', '仲裁队列', '广播', '稳定', '准备重新分配', 'x-delayed-message']);
  const english = ['log', 'quorum', 'CompletingRebalance', 'x-random', 'constructor'].map((word) => brokerWord(word, 'en'));
  assert.deepEqual(english, ['partitioned log', 'quorum', 'completing rebalance', 'x-random', 'constructor']);
});
