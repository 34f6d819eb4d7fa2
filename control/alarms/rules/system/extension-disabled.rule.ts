import { both, defineAlarmRule, MINUTES } from '../alarm-rule.ts';

const WHY = {
  load: both('加载时出错', 'its code failed while it was loaded'),
  loop: both('长时间占用处理器', 'it computed without a pause'),
  memory: both('超出内存上限', 'it used more memory than its limit'),
  ended: both('进程意外结束', 'its process ended unexpectedly'),
  protocol: both('发送了不允许的内容', 'it sent what is not allowed'),
};

export default defineAlarmRule({
  text: {
    label: both('扩展因故障停用', 'Extension disabled after faults'),
    help: both(
      '扩展的进程多次出现故障（死循环、内存泄漏、加载出错）后被停用，且停用已超过此时间。',
      'An extension was disabled because its process failed several times (endless loop, memory leak, error at load), this long ago or longer.',
    ),
    unit: MINUTES,
  },
  bound: { least: 0, most: 60, usual: 0 },
  severity: 'critical',
  describe({ extension = '', fault = '' }) {
    const why = WHY[fault as keyof typeof WHY] ?? WHY.ended;
    return both(`扩展 ${extension} 已停用：${why['zh-CN']}`, `The extension ${extension} was disabled: ${why.en}`);
  },
  advise: () =>
    both(
      '联系扩展的发布者；可在“扩展”页启用以前的版本。使用它的消息会继续重试。',
      'Ask the publisher of the extension; enable its earlier version on the page of extensions. Messages that need it are tried again.',
    ),
  link: () => '/extensions',
  createCheck:
    ({ extensions, clock }) =>
    async (bound) => {
      const records = (await extensions?.store.list()) ?? [];
      return records.flatMap(({ _id, state, fault, since }) =>
        state !== 'disabled' || fault === undefined || clock.now() - since < bound * 60_000
          ? []
          : [{ subject: '', values: { extension: _id, fault } }],
      );
    },
});
