/** Texts for errors in parsing and running expressions, conditions, scripts, mappings and data paths. */
import type { ErrorTemplate, ErrorTemplates } from './template.ts';

const correct = '更正表达式，语法为 JSONata。';
const unreadable: ErrorTemplate = {
  what: '表达式有语法错误[（第 {line} 行，第 {position} 个字符）]',
  fix: correct,
  original: true,
};
const wrongSyntax: ErrorTemplate = {
  what: '表达式有语法错误[（第 {line} 行，第 {position} 个字符）]：{fault}[，此处应为“{wanted}”][（“{token}”）]',
  fix: correct,
};
const tooLong: ErrorTemplate = { what: '表达式过长，最多 {limit} 个字符', fix: '缩短表达式，或改用脚本节点。' };
const tooDeep: ErrorTemplate = { what: '表达式嵌套过深[（第 {position} 个字符）]', fix: '简化表达式，或拆成几个节点。' };
const random: ErrorTemplate = {
  what: '表达式不能使用 $random[（第 {position} 个字符）]：每次重试的结果都会不同',
  fix: '改用消息中已有的值。',
};
const shuffle: ErrorTemplate = {
  what: '表达式不能使用 $shuffle[（第 {position} 个字符）]：每次重试的结果都会不同',
  fix: '改用固定的顺序，例如 $sort。',
};
const evaluate: ErrorTemplate = {
  what: '表达式不能使用 $eval[（第 {position} 个字符）]：它会执行未经校验的文本',
  fix: '把要计算的内容直接写在表达式里。',
};
const now: ErrorTemplate = {
  what: '此处的 $now 不能带时间格式[（第 {position} 个字符）]',
  fix: '改写为 $fromMillis($millis(), 时间格式)。',
};

const noFunction: ErrorTemplate = {
  what: '没有名为 {name} 的函数[（第 {position} 个字符）][，是否应为 ${nearest}]',
  fix: '从补全列表中选择函数，函数名前要写 $。',
};
const noVariable: ErrorTemplate = {
  what: '变量 ${name} 没有赋过值[（第 {position} 个字符）]',
  fix: '更正变量名，或先用 := 赋值。',
};
const noRoot: ErrorTemplate = {
  what: '表达式中的“{name}”没有含义[（第 {position} 个字符）][，是否应为 {nearest}]',
  fix: '路径以 data、headers、keys、nodes、now 开头，循环中还有 item、index、outer。',
};
const badPicture: ErrorTemplate = {
  what: '日期格式“{name}”不能使用[（第 {position} 个字符）]：各部分须写在方括号中，[Y] 年、[M] 月、[D] 日、[H] 时、[m] 分、[s] 秒',
  fix: '例如 [Y0001]-[M01]-[D01] [H01]:[m01]:[s01]。',
};
const at = '[（第 {position} 个字符）]';
/** Texts for regular expressions that RE2 does not support. */
const patterns = (code: string): ErrorTemplates => ({
  [`${code}/pattern-look-around`]: {
    what: `正则表达式 {name} 不能使用${at}：平台不支持环视（前瞻、后顾）`,
    fix: '把前后的文字一起匹配，再用分组取值，例如 $match(文本, /编号(\\d+)/).groups[0]。',
  },
  [`${code}/pattern-back-reference`]: {
    what: `正则表达式 {name} 不能使用${at}：平台不支持反向引用`,
    fix: '把两处都写成分组，取出后再比较是否相等。',
  },
  [`${code}/pattern-repeat`]: {
    what: `正则表达式 {name} 不能使用${at}：重复次数超过 1000`,
    fix: '改用 + 或 *，再用 $length 检查长度。',
  },
  [`${code}/pattern-line-end`]: {
    what: `正则表达式 {name} 不能使用${at}：多行模式（m）下，$ 之后不能再有内容`,
    fix: '需要继续匹配下一行时，把换行写成 [\\r\\n]+。',
  },
  [`${code}/pattern-group`]: {
    what: `正则表达式 {name} 不能使用${at}：可省略或重复的部分中有分组，该分组可能没有匹配，取值会与预期不同`,
    fix: '去掉分组之后的 ?（例如 (.*)? 改为 (.*)），把重复部分中的 (…) 改为 (?:…)，或每次只匹配一轮：$match 会返回所有匹配。',
  },
  [`${code}/pattern-empty`]: {
    what: `正则表达式 {name} 不能使用${at}：被重复的部分可能什么都不匹配`,
    fix: '让被重复的部分至少匹配一个字符，例如把 (?:a*|b)* 改为 (?:a|b)*。',
  },
  [`${code}/pattern-surrogate`]: { what: `正则表达式 {name} 不能使用${at}：其中有半个字符的编码`, fix: '改写为完整的字符。' },
  [`${code}/pattern-syntax`]: {
    what: `正则表达式 {name} 不能使用${at}：平台不支持这种写法`,
    fix: '只使用分组、字符集和 *、+、?、{n,m}、^、$；不区分大小写请写在末尾，例如 /b/i。',
  },
  [`${code}/pattern-size`]: {
    what: `正则表达式 {name} 不能使用${at}：本表达式中的正则展开后合计过大，或分组嵌套过深`,
    fix: '减小 {n,m} 中的重复次数，或减少备选项和嵌套的分组。',
  },
});
const readBefore = '改为引用本节点之前必经的节点，或用汇合节点把分支的结果带过来。';
const pictureFix = '可用：yyyy 年、MM 月、dd 日、HH 时、mm 分、ss 秒、SSS 毫秒；字母 T、Z 和汉字、符号原样保留。';

export const expressionTexts: ErrorTemplates = {
  EXPRESSION_INVALID: unreadable,
  'EXPRESSION_INVALID/syntax': wrongSyntax,
  'EXPRESSION_INVALID/length': tooLong,
  'EXPRESSION_INVALID/depth': tooDeep,
  'EXPRESSION_INVALID/random': random,
  'EXPRESSION_INVALID/shuffle': shuffle,
  'EXPRESSION_INVALID/eval': evaluate,
  'EXPRESSION_INVALID/now': now,
  'EXPRESSION_INVALID/function': noFunction,
  'EXPRESSION_INVALID/variable': noVariable,
  'EXPRESSION_INVALID/root': noRoot,
  'EXPRESSION_INVALID/picture-empty': badPicture,
  'EXPRESSION_INVALID/picture-letter': badPicture,
  'EXPRESSION_INVALID/picture-minutes': badPicture,
  'EXPRESSION_INVALID/picture-months': badPicture,
  ...patterns('EXPRESSION_INVALID'),
  FLOW_EXPRESSION: unreadable,
  'FLOW_EXPRESSION/syntax': wrongSyntax,
  'FLOW_EXPRESSION/length': tooLong,
  'FLOW_EXPRESSION/depth': tooDeep,
  'FLOW_EXPRESSION/random': random,
  'FLOW_EXPRESSION/shuffle': shuffle,
  'FLOW_EXPRESSION/eval': evaluate,
  'FLOW_EXPRESSION/now': now,
  'FLOW_EXPRESSION/function': noFunction,
  'FLOW_EXPRESSION/variable': noVariable,
  'FLOW_EXPRESSION/root': noRoot,
  'FLOW_EXPRESSION/picture-empty': badPicture,
  'FLOW_EXPRESSION/picture-letter': badPicture,
  'FLOW_EXPRESSION/picture-minutes': badPicture,
  'FLOW_EXPRESSION/picture-months': badPicture,
  ...patterns('FLOW_EXPRESSION'),
  'FLOW_EXPRESSION/node-unknown': {
    what: '此处引用了节点 {missing}，但本流程中没有该节点',
    fix: '从补全列表中选择现有节点，或删除该引用。',
  },
  'FLOW_EXPRESSION/node-itself': { what: '此处引用了本节点自己的输出，而它还没有输出', fix: readBefore },
  'FLOW_EXPRESSION/node-later': { what: '此处引用了节点“{target}”，而它在本节点之后才执行', fix: readBefore },
  'FLOW_EXPRESSION/node-elsewhere': {
    what: '此处引用了节点“{target}”，而它不在通向本节点的路径上（在另一分支或循环体内）',
    fix: readBefore,
  },
  'FLOW_EXPRESSION/node-ingress': {
    what: '此处引用了节点“{target}”，而该表达式在任何节点执行之前计算',
    fix: '改用触发器收到的消息：data、headers。',
  },
  EXPRESSION_FAILED: {
    what: '表达式计算失败[（第 {position} 个字符）]：{fault}',
    fix: '查看该步骤的输入，让表达式能处理这种输入（例如字段缺失、类型不同）。',
  },
  SCRIPT_INVALID: { what: '脚本有语法错误[（第 {line} 行）]', fix: '更正所指的行。', original: true },
  SCRIPT_ERROR: {
    what: '脚本执行出错[（第 {line} 行）]',
    fix: '用该步骤的输入测试此节点，再更正脚本。',
    original: true,
  },
  'SCRIPT_ERROR/promise': {
    what: '脚本返回了 Promise；脚本是同步执行的，不会等待它完成',
    fix: '不要使用 async、await、Promise 和 import()，直接返回结果值。',
  },
  SCRIPT_TIMEOUT: {
    what: '{what}运行超过 {timeoutMs} 毫秒，已被终止',
    fix: '检查是否有死循环或过于复杂的正则表达式；确实需要更长时间时，再调高时限。',
  },
  SCRIPT_MEMORY: { what: '{what}所需内存超过上限 {memoryBytes} 字节', fix: '减少一次处理的数据量，或调高该节点的内存上限。' },
  SCRIPT_RESULT_TOO_LARGE: { what: '{what}的结果过大，最多 {limitBytes} 个 JSON 字符', fix: '只返回需要的内容。' },
  SCRIPT_POOL_BUSY: { what: '等待沙箱的脚本过多', fix: '稍候重试；若持续出现，请优化脚本，或增加沙箱工作线程。' },
  SCRIPT_POOL_CLOSED: { what: '脚本等待或运行期间，沙箱已关闭', fix: '服务重启完成后重试。' },

  CONDITION_INVALID: { what: '条件有[ {count} 处]问题', fix: '更正标出的条件行。' },
  'CONDITION_INVALID/depth': { what: '条件最多嵌套 {limit} 层', fix: '减少嵌套，或拆成几个条件节点。' },
  'CONDITION_INVALID/not-an-object': { what: '条件须为对象', fix: '用条件编辑器重新填写这一行。' },
  'CONDITION_INVALID/list': { what: '“{field}”须为最多 {limit} 个条件的列表', fix: '减少条件，或拆成几个条件节点。' },
  'CONDITION_INVALID/comparison': { what: '没有“{op}”这种比较方式', fix: '从列表中选择比较方式。' },
  'CONDITION_INVALID/side': { what: '比较的两侧须为路径、固定值或表达式', fix: '补全这一侧。' },
  'CONDITION_INVALID/pattern-size': { what: '正则表达式展开后过大：{found}，上限 {limit}', fix: '减小其中的重复次数。' },
  'CONDITION_INVALID/pattern': {
    what: '“匹配”的模式须为固定的正则表达式（RE2 语法，不支持环视和反向引用）',
    fix: '更正模式。',
  },

  MAPPING_EMPTY: { what: '映射没有规则，输出为空对象', fix: '添加规则，或删除该节点。' },
  MAPPING_INVALID: { what: '映射有[ {count} 处]问题', fix: '更正标出的映射规则。' },
  'MAPPING_INVALID/depth': { what: '映射来源最多嵌套 {limit} 层', fix: '减少嵌套，或拆成几个映射节点。' },
  'MAPPING_INVALID/function': { what: '没有名为“{function}”的映射函数', fix: '从函数列表中选择。' },
  'MAPPING_INVALID/arguments': { what: '函数 {function} 至少需要 {least} 个参数[，最多 {most} 个]', fix: '补齐或删减参数。' },
  'MAPPING_INVALID/loop': { what: '循环须填写子规则或单项来源，且只填写其中一项', fix: '保留其中一项。' },
  'MAPPING_INVALID/pattern': {
    what: '正则不是有效的 RE2 语法，或过于复杂',
    fix: '使用 RE2 语法：不支持环视和反向引用，最长 1000 个字符。',
  },
  'MAPPING_INVALID/picture-letter': {
    what: '日期格式“{picture}”中的“{letters}”不是日期或时间的一部分[，是否应为 {meant}]',
    fix: pictureFix,
  },
  'MAPPING_INVALID/picture-minutes': {
    what: '日期格式“{picture}”把 mm（分钟）写在了年、日旁边',
    fix: '月份用大写 MM，分钟用小写 mm。',
  },
  'MAPPING_INVALID/picture-months': {
    what: '日期格式“{picture}”把 MM（月份）写在了时、秒旁边',
    fix: '分钟用小写 mm，月份用大写 MM。',
  },
  'MAPPING_INVALID/picture-twice': { what: '解析用的日期格式“{picture}”中“{letters}”出现了两次', fix: '每个部分只写一次。' },
  'MAPPING_INVALID/picture-empty': { what: '日期格式“{picture}”中没有日期或时间', fix: pictureFix },
  'MAPPING_INVALID/picture-year': {
    what: '解析用的日期格式“{picture}”没有年份，结果会成为 1970 年',
    fix: '先用“连接”函数补上年份，再按含 yyyy 的格式解析。',
  },
  'MAPPING_INVALID/picture-zone': {
    what: '日期格式“{picture}”中的 Z 表示 UTC 时间，而时区为 {zone}',
    fix: '将时区设为 Z，或去掉格式中的 Z。',
  },
  'MAPPING_INVALID/picture-zones': {
    what: '原格式与新格式中只有一个以 Z 表示 UTC 时间[（新格式为“{picture}”）]，换格式不会换算时区',
    fix: '改用“解析日期”和“格式化日期”两个函数，并写明时区。',
  },
  'MAPPING_INVALID/zone': { what: '“{zone}”不是时区', fix: '填写 Z 或时差，例如 +08:00。' },
  'MAP_FUNCTION_FAILED/setting': {
    what: '映射函数 {function} 从消息中取得的日期格式、时区或正则不可用[（规则 {rule}）]',
    fix: '检查提供它的字段，或改用固定值。',
  },
  MAP_FUNCTION_FAILED: {
    what: '映射函数 {function} 无法处理其输入[（规则 {rule}）]',
    fix: '查看该步骤的输入，更正这条规则，或为其设置默认值。',
  },
  MAP_SOURCE_MISSING: { what: '映射的必填来源没有值[（规则 {rule}）]', fix: '请发送方补充该值，或将规则改为非必填、设置默认值。' },
  MAP_TARGET_CLASH: {
    what: '映射目标冲突：“{field}”处一条规则写入列表，另一条写入对象[（规则 {rule}）]',
    fix: '更正其中一条规则的目标路径。',
  },
  MAP_TOO_MANY_ITEMS: { what: '映射循环的条目过多，最多 {limit} 条[（规则 {rule}）]', fix: '先拆分消息，再做映射。' },

  PATH_INVALID: { what: '路径[“{path}”]写法不正确', fix: '写法示例：data.patient.name；含特殊字符的字段名用反引号括起。' },
  'PATH_INVALID/outer': { what: '路径“{path}”中，“outer”之后须为“item”或“index”', fix: '改写为 outer.item 或 outer.index。' },
  'PATH_INVALID/root': { what: '路径“{path}”的开头不正确，须为：{roots}', fix: '从补全列表中选择。' },
  'PATH_INVALID/unreadable': {
    what: '路径“{path}”从第 {position} 个字符起无法识别',
    fix: '写法示例：data.patient.name；含特殊字符的字段名用反引号括起。',
  },
  'PATH_INVALID/dot': { what: '路径“{path}”的第 {position} 个字符处，字段之间须用一个点分隔', fix: '更正该处。' },
  'PATH_INVALID/name': { what: '路径“{path}”使用了不可读取的名称', fix: '改用其他字段名。' },
  'PATH_INVALID/steps': { what: '路径“{path}”须为 1 至 {limit} 级', fix: '缩短路径。' },
  'PATH_INVALID/target': { what: '映射目标“{path}”写法不正确：须以字段名开头，位置为 0 至 9999', fix: '更正目标路径。' },
  'PATH_INVALID/interface': {
    what: '接口路径“{path}”不正确：不能有空段或“.”“..”段，参数（如 :id）须独占一段',
    fix: '更正路径，例如 /patients/:id/orders。',
  },
};
