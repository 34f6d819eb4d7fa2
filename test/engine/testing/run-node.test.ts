import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { defineNode, inPort, okPort } from '../../../engine/contract/node/node.ts';
import { fieldText } from '../../../engine/contract/values/texts.ts';
import { runNode } from '../../../engine/testing/run-node.ts';

const greet = defineNode({
  type: 'test.greet',
  major: 1,
  kind: 'action',
  category: 'transform',
  icon: 'hand',
  text: { label: { 'zh-CN': '问候', en: 'Greet' }, help: { 'zh-CN': '问候', en: 'Greets.' } },
  ports: { in: [inPort], out: [okPort] },
  effect: 'pure',
  config: Type.Object(
    {
      name: Type.String({ ...fieldText('姓名', 'Name'), minLength: 1 }),
      times: Type.Integer({ ...fieldText('次数', 'Times'), default: 2 }),
    },
    { additionalProperties: false },
  ),
  prepare(config, build) {
    const name = build.compileExpression(config.name);
    return async (ctx) => {
      const text = `${String(await name(ctx.scope))} ${ctx.lookup('ward', 'w1')} ${await ctx.secret('key')} ${ctx.idempotencyKey}`;
      return { emit: { ok: [createMessage({ text, times: config.times })] } };
    };
  },
});

test('runs a node with defaults, real expressions, tables and secrets', async () => {
  const outcome = await runNode(greet, {
    config: { name: '$uppercase(data.name) & nodes.n_a.suffix' },
    data: { name: 'li' },
    nodes: { n_a: { suffix: '!' } },
    tables: { ward: { w1: '内科' } },
    secrets: { key: 's' },
    idempotencyKey: 'k',
  });
  assert.deepEqual(outcome, { emit: { ok: [createMessage({ text: 'LI! 内科 s k', times: 2 })] } });
});

test('refuses a wrong configuration with every issue, and a wrong expression', async () => {
  await assert.rejects(
    runNode(greet, { config: { name: '', times: 'x', more: 1 } }),
    (error: { code: string; issues: { path: string }[] }) => {
      assert.equal(error.code, 'NODE_CONFIG_WRONG');
      assert.deepEqual([...new Set(error.issues.map(({ path }) => path))].sort(), ['/more', '/name', '/times']);
      return true;
    },
  );
  await assert.rejects(runNode(greet, { config: { name: '$$(' } }), { code: 'EXPRESSION_INVALID' });
});

test('answers absent tables, codes and secrets as the engine does', async () => {
  const options = { config: { name: 'data.name' }, data: { name: 'li' } };
  await assert.rejects(runNode(greet, options), { code: 'CODE_TABLE_UNKNOWN' });
  await assert.rejects(runNode(greet, { ...options, tables: { ward: {} } }), { code: 'CODE_UNKNOWN' });
  await assert.rejects(runNode(greet, { ...options, tables: { ward: { w1: 'a' } } }), { code: 'SECRET_MISSING' });
});
