import { definePolicy } from '../../contract.ts';
import { compileGuard } from '../../inspection/guard-content.ts';
import { findGuardProblems, findExceptionProblems, GuardOptions, readsForGuard } from '../../inspection/guard-options.ts';

/** Finds values that would add markup or script to a page. */
export default definePolicy({
  name: 'xss',
  stage: 'content',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': 'XSS 检查', en: 'XSS check' },
    help: {
      'zh-CN':
        '逐个检查路径参数、查询、请求头、Cookie 和请求体中的值（先还原各层编码）：会在页面上产生脚本、事件或危险元素的，按模式记录或返回 GW40305。中文等普通文字不受影响。',
      en: 'Checks each value of path, query, headers, cookies and body, after undoing its encodings: one that would put script, an event handler or an active element into a page is recorded or refused with GW40305. Plain text of any language passes.',
    },
  },
  options: GuardOptions,
  findProblems: findGuardProblems,
  findChangeProblems: findExceptionProblems,
  reads: readsForGuard,
  isDefault: () => false,
  isOptional: () => true,
  compile: (options, target, _front, deps) => compileGuard('xss', options, target!, deps),
});
