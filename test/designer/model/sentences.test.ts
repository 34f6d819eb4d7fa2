import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentences } from '../../../designer/src/i18n/sentences.ts';

test('what happened and what to do are two sentences, in both languages', () => {
  assert.equal(sentences('没有选择', '在节点配置中选择适配器。'), '没有选择。在节点配置中选择适配器。');
  assert.equal(sentences('名称为“甲”', '改名。'), '名称为“甲”。改名。');
  assert.equal(sentences('已停止。', '重试。', undefined), '已停止。重试。');
  assert.equal(sentences('None is chosen.', 'Choose one.'), 'None is chosen. Choose one.');
  assert.equal(sentences(undefined, '', '重试。'), '重试。');
});
