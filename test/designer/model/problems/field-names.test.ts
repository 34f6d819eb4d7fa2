import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgeField, flowField, nodeField } from '../../../../designer/src/model/problems/field-names.ts';
import { types } from '../sample-types.ts';

test('a field is called what its form calls it, however deep it lies', () => {
  const name = (pointer: string) => nodeField(types, 'http.call@1', pointer, 'zh-CN').label;
  assert.equal(name('/config/method'), '方法');
  assert.equal(name('/config/headers/X-Trace'), '请求头 › X-Trace');
  assert.match(name('/handling/retry/max'), /^处理方式 › 重试 › /);
  assert.equal(name('/label'), '名称');
  assert.equal(nodeField(types, 'http.call@1', '/config/method', 'en').label, 'Method');
  assert.match(flowField('/deadlineMs', 'zh-CN').label, /时限/);
  assert.equal(flowField('/deadlineMs', 'zh-CN').unit, 'duration-ms');
  assert.match(flowField('/ingress/lane/key', 'zh-CN').label, / › /);
  assert.match(edgeField('/from/port', 'zh-CN').label, / › /);
});

test('the value of a choice has its words, and a field that nobody knows keeps its name', () => {
  assert.equal(flowField('/mode', 'zh-CN').options['durable']?.['zh-CN'], '可靠异步');
  assert.equal(nodeField(types, 'http.call@1', '/config/nobody~1knows', 'zh-CN').label, 'nobody/knows');
  assert.equal(nodeField(types, 'not.there@1', '/config/method', 'zh-CN').label, 'method');
  assert.equal(nodeField(types, 'transform.map@1', '/config/mapping/rules/2/to', 'zh-CN').label.includes('3'), true);
});
