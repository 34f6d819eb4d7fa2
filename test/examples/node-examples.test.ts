/** What the help and the reference of each node type show is valid, runs, and gives what its page says. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Default, Errors } from 'typebox/value';
import type { NodeDefinition, Outcome } from '../../engine/contract/node/node.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { createScriptPool } from '../../engine/script/script-pool.ts';
import { loadNodes } from '../../engine/registry/load-nodes.ts';
import { checkConfig, runNode } from '../../engine/testing/run-node.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { wallClock } from '../../engine/testing/wall-clock.ts';
import { nodeExample, type NodeExample } from '../../scripts/reference/examples.ts';

const nodes = await loadNodes([new URL('../../nodes/', import.meta.url)]);
const pool = createScriptPool({ clock: wallClock(), logger: silentLogger, size: 1 });
after(() => pool.close());

for (const definition of nodes.list()) {
  const name = `${definition.type}@${definition.major}`;
  const { 'zh-CN': chinese, en: english } = nodes.longHelp(name)!;

  test(`the help of ${name} shows a configuration that is valid, the same in both languages`, () => {
    const shown = configsIn(english);
    assert.ok(shown.length > 0, 'it has an example');
    assert.deepEqual(configsIn(chinese), shown);
    for (const config of shown) checkConfig(definition, config);
  });

  test(`the settings of an adapter in the help of ${name} are valid, the same in both languages`, () => {
    const shown = settingsIn(english);
    assert.deepEqual(settingsIn(chinese), shown);
    const protocol = definition.kind === 'control' ? undefined : definition.adapter;
    const type = nodes.adapterTypes().find((one) => one.protocol === protocol);
    for (const settings of shown) assert.deepEqual(Errors(type!.settings, Default(type!.settings, settings)), []);
  });

  const example = nodeExample(name);
  if (example === undefined) continue;
  test(`the example of ${name} gives what its page says`, async () => {
    const { config, data, ...outcome } = example;
    assert.deepEqual(toExample(await outcomeOf(definition, config, data)), outcome);
  });
}

/** What depends on the message alone needs nothing else to show what it does. */
test('each pure node has an example that runs', () => {
  const without = nodes.list().filter((definition) => definition.kind === 'action' && definition.effect === 'pure');
  assert.deepEqual(
    without.map(({ type, major }) => `${type}@${major}`).filter((name) => nodeExample(name) === undefined),
    [],
  );
});

function configsIn(help: string): Record<string, unknown>[] {
  return jsonBehind(help, /^(?:例|示例|Example)[^`]*`(\{.*?\})`/gm);
}

function settingsIn(help: string): Record<string, unknown>[] {
  return jsonBehind(help, /^(?:适配器设置|Settings of the adapter)[^`]*`(\{.*?\})`/gm);
}

function jsonBehind(help: string, pattern: RegExp): Record<string, unknown>[] {
  return Array.from(help.matchAll(pattern), ([, json]) => JSON.parse(json!) as Record<string, unknown>);
}

function outcomeOf(definition: NodeDefinition, config: NodeExample['config'], data: unknown): Promise<Outcome> {
  return runNode(definition, {
    config: { ...config },
    data,
    clock: fakeClock(Date.UTC(2026, 0, 1, 19, 4, 5)),
    runScript: (text, input, limits) => pool.run(text, input as object, { ...limits }),
  });
}

function toExample(outcome: Outcome): unknown {
  if ('reply' in outcome) return { replies: { status: outcome.reply.status, data: outcome.reply.message.data } };
  if ('reject' in outcome) return { refuses: { code: outcome.reject.code, status: outcome.reject.status } };
  if ('wait' in outcome) return outcome;
  return { emits: Object.fromEntries(Object.entries(outcome.emit).map(([port, messages]) => [port, messages[0]?.data])) };
}
