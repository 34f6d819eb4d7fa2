/** One concept has one Chinese word on every page, in every error and in every document. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What is not written, and what is written instead. */
const AVOIDED: readonly (readonly [avoided: RegExp, instead: string])[] = [
  [/前端/, '开放网关、用户网关、总线网关，或网关'],
  [/机密|凭证/, '凭据'],
  [/接口调用/, '接口请求触发（触发器的名称），或调用接口'],
  [/挂起消息|不敢自作主张|等人处理/, '待人工处理（状态标签：挂起）'],
  [/缺省/, '默认值'],
  [/应答节点/, '回复节点'],
  [/已发出的键/, '幂等键'],
  [/第几次/, '第 n 次尝试，或执行次数'],
  [/可靠(?!异步|渠道|性)|持久(模式|流程|异步)/, '可靠异步'],
  [/静默/, '来源中断（数据来源），或屏蔽（告警）'],
  [/许可/, '授权'],
];

const files = globSync(
  [
    '{bin,cli,control,designer/src,engine,gateways,nodes,scripts,sdk,storage}/**/*.{ts,tsx,mjs,md}',
    '{docs,examples,deploy}/**/*.{md,json,yaml,yml}',
    '*.md',
  ],
  { cwd: root },
).sort();

test('the Chinese words of the product are those of its glossary', () => {
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        AVOIDED.filter(([avoided]) => avoided.test(line)).map(
          ([avoided, instead]) => `${file}:${index + 1}: ${avoided.exec(line)![0]} → ${instead}`,
        ),
      ),
  );
  assert.deepEqual(found, []);
});
