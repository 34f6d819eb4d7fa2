import type { Text } from '../../engine/contract/values/texts.ts';

/** What a value of a request would change in a page or an SQL statement. The names are also labels of metrics. */
export const STRUCTURES = [
  'sql-condition',
  'sql-union',
  'sql-subquery',
  'sql-statement',
  'sql-comment',
  'sql-function',
  'sql-clause',
  'sql-string-join',
  'html-element',
  'html-event',
  'html-url',
  'html-style',
  'html-declaration',
  'script-call',
  'script-access',
] as const;
export type Structure = (typeof STRUCTURES)[number];

/** A change of structure. `shape` shows kinds of tokens only, never text of the request. */
export interface Finding {
  readonly structure: Structure;
  readonly shape: string;
}

/** Says for people which structure the value changes. */
export const STRUCTURE_TEXTS: Readonly<Record<Structure, Text>> = {
  'sql-condition': {
    'zh-CN': '这个值会在 SQL 语句中增加一个条件，改变查询命中的记录',
    en: 'The value adds a condition to an SQL statement, so that it finds other records',
  },
  'sql-union': { 'zh-CN': '这个值会把另一个查询的结果拼接进来', en: 'The value joins the result of another query' },
  'sql-subquery': { 'zh-CN': '这个值含有一个完整的子查询', en: 'The value holds a complete query' },
  'sql-statement': { 'zh-CN': '这个值会追加一条独立的 SQL 语句', en: 'The value adds a statement of its own' },
  'sql-comment': { 'zh-CN': '这个值会把语句的剩余部分注释掉', en: 'The value turns the rest of the statement into a comment' },
  'sql-function': {
    'zh-CN': '这个值会调用数据库函数（读取服务器信息、等待、读文件等）',
    en: 'The value calls functions of the database: server information, waiting, reading files',
  },
  'sql-clause': {
    'zh-CN': '这个值会追加排序、分组、输出到文件等子句',
    en: 'The value adds a clause such as ORDER BY, GROUP BY or INTO OUTFILE',
  },
  'sql-string-join': {
    'zh-CN': '这个值会结束语句中的字符串，并用运算符接上另一个字符串',
    en: 'The value ends a string of the statement and joins another one by an operator',
  },
  'html-element': {
    'zh-CN': '这个值会在页面中增加可执行脚本或加载外部内容的元素',
    en: 'The value adds an element to a page that runs script or loads content',
  },
  'html-event': { 'zh-CN': '这个值会给页面元素加上事件处理程序', en: 'The value adds an event handler to an element' },
  'html-url': { 'zh-CN': '这个值含有会执行脚本的地址', en: 'The value holds an address that runs script' },
  'html-style': { 'zh-CN': '这个值含有会执行脚本或加载外部内容的样式', en: 'The value holds a style that runs script or loads content' },
  'html-declaration': {
    'zh-CN': '这个值含有会引用外部实体或被当作程序处理的声明',
    en: 'The value holds a declaration that refers to external entities or is processed as a program',
  },
  'script-call': { 'zh-CN': '这个值放进脚本后会调用执行代码的函数', en: 'Within script, the value calls a function that runs code' },
  'script-access': {
    'zh-CN': '这个值放进脚本后会访问页面或用户的会话',
    en: 'Within script, the value reaches the page or the session of its user',
  },
};
