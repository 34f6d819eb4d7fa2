import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago } from '../../../designer/src/i18n/ago.ts';
import { duration } from '../../../designer/src/i18n/duration.ts';
import { shortName } from '../../../designer/src/pages/audit/short-name.ts';

test('a duration is told in two units, never with sixty of the smaller one', () => {
  const told = [0, 999.6, 3_240, 59_960, 119_600, 250_000, 3_599_900, 5_400_000, 7_199_000, 86_399_000, 100_800_000, 172_799_000];
  assert.deepEqual(
    told.map((ms) => duration(ms, 'zh-CN')),
    [
      ...['0 ms', '1.0 秒', '3.2 秒', '1 分 0 秒', '2 分 0 秒', '4 分 10 秒', '1 小时 0 分', '1 小时 30 分', '2 小时 0 分'],
      ...['1 天 0 小时', '1 天 4 小时', '2 天 0 小时'],
    ],
  );
  assert.equal(duration(119_600, 'en'), '2 min 0 s');
});

test('how long ago has a space between number and unit, in Chinese too', () => {
  assert.deepEqual(
    [30_000, 60_000, 7_200_000, 259_200_000].map((ms) => ago(-ms, 'zh-CN')),
    ['30 秒前', '1 分钟前', '2 小时前', '3 天前'],
  );
  assert.equal(ago(-60_000, 'en'), '1 minute ago');
});

test('an act of the trail is named without the conditions of its call', () => {
  assert.equal(shortName('保存草稿（携带 revision；过期返回 409 与双方版本）'), '保存草稿');
  assert.equal(shortName('按业务键（患者、就诊等）查询执行；键值放在请求体中，不进入网址'), '按业务键查询执行');
  assert.equal(shortName('Retry many in place: each exactly once; may be stopped'), 'Retry many in place');
  assert.equal(shortName('Log in'), 'Log in');
});
