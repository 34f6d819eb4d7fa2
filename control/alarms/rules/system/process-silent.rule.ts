import { both, defineAlarmRule, MINUTES, MINUTE_MS, time } from '../alarm-rule.ts';
import { createFindSilentProcesses } from '../find-silent-processes.ts';

export default defineAlarmRule({
  text: {
    label: both('进程失联', 'Process is silent'),
    help: both(
      '进程这么久没有报告、没有正常结束，也没有后来启动的同类进程接替。',
      'A process has not reported for this long, did not stop normally, and no process of its kind has started since to replace it.',
    ),
    unit: MINUTES,
  },
  bound: { least: 1, most: 55, usual: 2 },
  severity: 'critical',
  describe: ({ role = '', host = '', pid = 0, lastSeenAt = 0 }) =>
    both(
      `进程 ${role}（${host}，${pid}）自 ${time(lastSeenAt)} 起没有报告，也没有正常结束`,
      `The process ${role} (${host}, ${pid}) has not reported since ${time(lastSeenAt)} and did not stop normally`,
    ),
  advise: ({ host = '' }) =>
    both(
      `检查主机 ${host} 和到数据库的网络，必要时重新启动该进程。`,
      `Check the host ${host} and its network to the database; start the process again if necessary.`,
    ),
  link: () => '/system',
  createCheck({ engine, clock }) {
    const find = createFindSilentProcesses(engine.processes, clock);
    return async (bound) =>
      (await find(bound * MINUTE_MS)).map(({ processId, role, host, pid, lastSeenAt }) => ({
        subject: processId,
        // Round to the minute. The value is computed again on every check and differs slightly, and each difference
        // would update the stored alarm.
        values: { role, host, pid, lastSeenAt: Math.floor(lastSeenAt / MINUTE_MS) * MINUTE_MS },
      }));
  },
});
