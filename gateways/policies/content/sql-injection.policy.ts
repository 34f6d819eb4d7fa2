import { definePolicy } from '../../contract.ts';
import { compileGuard } from '../../inspection/guard-content.ts';
import { findGuardProblems, findExceptionProblems, GuardOptions, readsForGuard } from '../../inspection/guard-options.ts';

/** Finds values that would change the structure of an SQL statement. */
export default definePolicy({
  name: 'sql-injection',
  stage: 'content',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': 'SQL 注入检查', en: 'SQL injection check' },
    help: {
      'zh-CN':
        '逐个检查路径参数、查询、请求头、Cookie 和请求体中的值（先还原各层编码）：拼入 SQL 语句后会改变语句结构的，按模式记录或返回 GW40305。仅含 SQL 单词的普通文字不受影响。',
      en: 'Checks each value of path, query, headers, cookies and body, after undoing its encodings: one that would change the structure of an SQL statement that holds it is recorded or refused with GW40305. Plain text with words of SQL passes.',
    },
  },
  options: GuardOptions,
  findProblems: findGuardProblems,
  findChangeProblems: findExceptionProblems,
  reads: readsForGuard,
  isDefault: () => false,
  isOptional: () => true,
  compile: (options, target, _front, deps) => compileGuard('sql-injection', options, target!, deps),
});
