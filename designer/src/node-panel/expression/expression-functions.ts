/**
 * The functions of expressions with their arguments and effects. Functions that the engine refuses are left out.
 */
import { expressionFunctions } from '../../../../engine/functions/expression-functions.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';

export interface ExpressionFunction {
  readonly name: string;
  readonly signature: string;
  readonly text: Text;
}

const FUNCTIONS: readonly (readonly [name: string, signature: string, zhCN: string, en: string])[] = [
  ['string', '(value)', '转成文本', 'As text'],
  ['length', '(text)', '字符数', 'Number of characters'],
  ['substring', '(text, start, length?)', '取一段文本，从 0 数起', 'A part of a text, counted from 0'],
  ['substringBefore', '(text, mark)', '标记之前的部分', 'The text before the mark'],
  ['substringAfter', '(text, mark)', '标记之后的部分', 'The text after the mark'],
  ['uppercase', '(text)', '转成大写', 'In upper case'],
  ['lowercase', '(text)', '转成小写', 'In lower case'],
  ['trim', '(text)', '去掉首尾空白', 'Without leading and trailing blanks'],
  ['pad', '(text, width, char?)', '补足宽度；负数在左侧补', 'Padded to a width; a negative width pads on the left'],
  ['contains', '(text, part)', '是否含有', 'Whether it contains the part'],
  ['split', '(text, mark)', '拆成列表', 'Split into a list'],
  ['join', '(list, mark?)', '连成文本', 'A list joined into a text'],
  ['match', '(text, /pattern/)', '匹配到的各处', 'Every match of a pattern'],
  ['replace', '(text, pattern, replacement)', '替换', 'With parts of the text replaced'],
  ['base64encode', '(text)', '编成 Base64', 'As Base64'],
  ['base64decode', '(text)', '从 Base64 解出', 'From Base64'],
  ['encodeUrlComponent', '(text)', '按网址参数转义', 'Escaped for an address'],
  ['decodeUrlComponent', '(text)', '还原网址参数', 'Unescaped from an address'],
  ['number', '(value)', '转成数字', 'As a number'],
  ['abs', '(number)', '绝对值', 'Absolute value'],
  ['floor', '(number)', '向下取整', 'Rounded down'],
  ['ceil', '(number)', '向上取整', 'Rounded up'],
  ['round', '(number, digits?)', '四舍六入五取偶', 'Rounded, halves to even'],
  ['power', '(base, exponent)', '乘方', 'Raised to a power'],
  ['sqrt', '(number)', '平方根', 'Square root'],
  ['formatNumber', '(number, picture)', '按格式写成文本，如 "#0.00"', 'As text with a picture such as "#0.00"'],
  ['formatBase', '(number, radix)', '写成某进制', 'As text in a radix'],
  ['sum', '(numbers)', '合计', 'Sum'],
  ['max', '(numbers)', '最大值', 'Greatest'],
  ['min', '(numbers)', '最小值', 'Least'],
  ['average', '(numbers)', '平均值', 'Average'],
  ['boolean', '(value)', '转成真假', 'As true or false'],
  ['not', '(value)', '取反', 'The opposite'],
  ['exists', '(value)', '是否有值', 'Whether there is a value'],
  ['count', '(list)', '项数', 'Number of items'],
  ['append', '(list, list)', '接成一个列表', 'Two lists combined'],
  ['sort', '(list, function?)', '排序', 'Sorted'],
  ['reverse', '(list)', '倒序', 'In reverse order'],
  ['distinct', '(list)', '去重', 'Without duplicates'],
  ['zip', '(list, list)', '按位置配对', 'Items paired by position'],
  ['keys', '(object)', '字段名', 'Names of the fields'],
  ['lookup', '(object, name)', '按名称取字段', 'The field with that name'],
  ['spread', '(object)', '每个字段一个对象', 'One object per field'],
  ['merge', '(objects)', '合并为一个对象', 'Objects merged into one'],
  ['sift', '(object, function)', '留下符合的字段', 'Fields for which the function is true'],
  ['each', '(object, function)', '对每个字段计算', 'The function applied to every field'],
  ['type', '(value)', '值的类型', 'Type of the value'],
  ['map', '(list, function)', '对每项计算', 'The function applied to every item'],
  ['filter', '(list, function)', '留下符合的项', 'Items for which the function is true'],
  ['single', '(list, function)', '唯一符合的项', 'The one item for which the function is true'],
  ['reduce', '(list, function, start?)', '累积成一个值', 'Items combined into one value'],
  ['now', '()', '收到消息的时间，ISO 8601', 'Time of acceptance, ISO 8601'],
  ['millis', '()', '收到消息的时间，毫秒', 'Time of acceptance in milliseconds'],
  ['fromMillis', '(ms, picture?, timezone?)', '毫秒写成时间，如 "[Y0001]-[M01]-[D01]"', 'Milliseconds as time, with "[Y0001]-[M01]-[D01]"'],
  ['toMillis', '(text, picture?)', '时间文本转成毫秒', 'A time in milliseconds'],
];

/** JSONata's functions, followed by those of mappings that have no namesake there. */
export const EXPRESSION_FUNCTIONS: readonly ExpressionFunction[] = [
  ...FUNCTIONS.map(([name, signature, zhCN, en]) => ({ name: `$${name}`, signature, text: { 'zh-CN': zhCN, en } })),
  ...Array.from(expressionFunctions.values(), ({ name, args, isVariadic, help }) => ({
    name: `$${name}`,
    signature: `(${args.map(({ label, isOptional }) => `${label.en.toLowerCase()}${isOptional ? '?' : ''}`).join(', ')}${isVariadic ? ', …' : ''})`,
    text: help,
  })),
];
