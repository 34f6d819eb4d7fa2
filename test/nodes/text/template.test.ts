import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import { createLiquid, parseTemplate } from '../../../nodes/text/liquid.ts';
import template from '../../../nodes/text/template.node.ts';
import { endsOnCancel, LARGE_LIST, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'fills in values, with if, for, filters and the functions of mappings',
  refusal: 'a template that is wrong, and one that fails, name line and reason and never a value',
  cancel: 'a template over 10 MB runs while others go on, and a cancel ends it',
  '10 MB': 'a template over 10 MB runs while others go on, and a cancel ends it',
});

const DATA = {
  name: '张 <三>',
  born: '19800102',
  items: [
    { code: 'GLU', value: 5.6 },
    { code: 'K', value: 4 },
  ],
  note: 'a|b^c\\d&e~f\r\n"x",y',
};

test('fills in values, with if, for, filters and the functions of mappings', async () => {
  const text = `{% if data.items.size > 1 %}{{ data.name }} {{ data.born | convertDate: 'yyyyMMdd', 'yyyy-MM-dd' }}{% endif %}
{% for item in data.items %}{{ item.code | padLeft: 5, '0' }}={{ item.value | round }}{% unless forloop.last %};{% endunless %}{% endfor %} {{ headers['x-a'] }}{{ keys.ward }}{{ data.none }}`;
  const message = { ...createMessage(DATA), headers: { 'x-a': 'A' }, keys: { ward: 'W' } };
  const outcome = await runNode(template, { config: { template: text }, message });
  assert.ok('emit' in outcome);
  const [emitted] = outcome.emit!['ok']!;
  assert.equal(emitted!.data, '张 <三> 1980-01-02\n00GLU=6;0000K=4 AW');
  assert.equal(emitted!.mediaType, 'text/plain');
});

test('escapes values by the kind of text, unless the template says raw', async () => {
  const each: Readonly<Record<string, string>> = {
    xml: 'a|b^c\\d&amp;e~f\r\n&quot;x&quot;,y',
    html: 'a|b^c\\d&amp;e~f\r\n&quot;x&quot;,y',
    csv: '"a|b^c\\d&e~f\r\n""x"",y"',
    json: 'a|b^c\\d&e~f\r\n"x",y',
    hl7: 'a\\F\\b\\S\\c\\E\\d\\T\\e\\R\\f\\X0D\\\\X0A\\"x",y',
  };
  for (const [kind, expected] of Object.entries(each)) assert.equal(await run('{{ data.note }}', DATA, { kind }), expected, kind);
  assert.equal(await run('{{ data.name | raw }}', DATA, { kind: 'xml' }), '张 <三>');
  const json = '{"all": {{ data.items }}, "none": {{ data.none }}}';
  assert.deepEqual(await run(json, DATA, { kind: 'json' }), { all: DATA.items, none: null });
  const bytes = (await run(json, DATA, { kind: 'json', charset: 'GBK' })) as Uint8Array;
  assert.deepEqual(JSON.parse(iconv.decode(Buffer.from(bytes), 'gbk')), { all: DATA.items, none: null });
  assert.equal(await run('\nMSH|^~\\&|A\n\nPID|1||{{ data.none }}\n', DATA, { kind: 'hl7' }), 'MSH|^~\\&|A\rPID|1||\r');
});

test('writes GBK as bytes', async () => {
  const written = (await run('姓名：{{ data.name }}', DATA, { charset: 'GBK' })) as Uint8Array;
  assert.equal(iconv.decode(Buffer.from(written), 'gbk'), '姓名：张 <三>');
});

test('a template that is wrong, and one that fails, name line and reason and never a value', async () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['x\n{{ data.a | nonsense }}', /line 2.*nonsense/],
    ['\n\n{% if data.a %}', /line 3.*not closed/],
    ['{% nonsense %}', /line 1.*nonsense/],
    ['{% render "x" %}', /render/],
    ['{% include "/etc/passwd" %}', /include/],
    ['{{ "now" | date: "%Y" }}', /date/],
  ];
  for (const [text, said] of wrong)
    await assert.rejects(run(text, DATA), (error: Error & { code: string; issues: readonly { message: string }[] }) => {
      assert.equal(error.code, 'NODE_CONFIG_WRONG');
      assert.match(error.issues[0]!.message, said);
      return true;
    });
  const failing: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['x\n{{ data.nobody }}', { missing: 'error' }, /line 2.*nobody/],
    ['x\n{{ data.items }}', {}, /line 2.*a list or an object/],
    ['\n{{ data.name | toNumber }}', {}, /line 2/],
    ['{"a": x}', { kind: 'json' }, /JSON/],
  ];
  for (const [text, config, said] of failing)
    await assert.rejects(run(text, DATA, config), (error: Error & { code: string; kind: string }) => {
      assert.deepEqual([error.code, error.kind], ['TEMPLATE_FAILED', 'input']);
      assert.match(error.message, said);
      return !error.message.includes('张');
    });
});

test('reaches nothing but the message', async () => {
  for (const path of ['data.constructor', 'data.__proto__.x', 'data.items.constructor.constructor', 'process', 'globalThis'])
    assert.equal(await run(`{{ ${path} }}`, DATA), '', path);
});

test('what never ends, or fills the memory, is ended, and the next message is filled', async () => {
  const loops = `${'{% for a in (1..3000) %}'.repeat(4)}${'{% endfor %}'.repeat(4)}`;
  const doubling = `{% assign a = "xxxxxxxxxx" %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}`;
  for (const text of [
    loops,
    doubling,
    '{% for i in (1..1000000000) %}x{% endfor %}',
    '{% for i in (1..4000) %}{% for j in (1..4000) %}{{ data.note }}{% endfor %}{% endfor %}',
  ])
    await assert.rejects(run(text, DATA), { code: 'PARSE_TOO_COSTLY' }, text);
  assert.equal(await run('{{ data.born }}', DATA), '19800102');
});

test('a template over 10 MB runs while others go on, and a cancel ends it', async () => {
  const config = { template: '{% for item in data %}{{ item.id }},{{ item.name }}\n{% endfor %}', kind: 'csv' };
  const outcome = await whileOthersGoOn(template, { config, data: LARGE_LIST });
  assert.ok('emit' in outcome);
  assert.equal(String(outcome.emit!['ok']![0]!.data).split('\n').length, LARGE_LIST.length + 1);
  await endsOnCancel(template, { config, data: LARGE_LIST });
});

async function run(text: string, data: unknown, config: Record<string, unknown> = {}): Promise<unknown> {
  const outcome = await runNode(template, { config: { template: text, ...config }, data });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data;
}

test('what the library says about a template is said in Chinese', () => {
  const liquid = createLiquid('none');
  const told = (template: string) => {
    try {
      parseTemplate(liquid, template);
    } catch (error) {
      return errorText(error as AppError, 'zh-CN').what;
    }
    return assert.fail(template);
  };
  assert.equal(told('\n{{ name | shout }}'), '模板有误（第 2 行，没有名为 shout 的过滤器）');
  assert.equal(told('{% if name %}'), '模板有误（第 1 行，{% if name %} 没有结束）');
  assert.equal(told('{% include "a" %}'), '模板有误（第 1 行，没有名为 include 的标签）');
  assert.equal(told('{% for name %}{% endfor %}'), '模板有误（第 1 行，标签的写法有误：{% for name %}）');
});
