/** The sentences for places in a message that do not fit the standard: place, then why. */
import type { Text } from '../../../engine/contract/values/texts.ts';

const TEXTS = {
  version: ['没有写出已知的 HL7 版本，可用：{versions}', 'names no known HL7 version; known are {versions}'],
  'segment-missing': ['{message} 消息缺少该段', 'this segment is missing in {message}'],
  'segment-unexpected': ['{message} 消息中没有该段', 'this segment does not belong to {message}'],
  'segment-unknown': ['{version} 版没有该段；自定义段须以 Z 开头', 'version {version} has no such segment; own segments begin with Z'],
  'field-missing': ['必填字段为空', 'a required field is empty'],
  'field-unknown': ['{version} 版的该段没有这个字段', 'version {version} has no such field in the segment'],
  'component-unknown': ['{type} 类型只有 {limit} 个组件', 'type {type} has only {limit} components'],
  repetitions: ['重复 {found} 次，最多 {limit} 次', 'it repeats {found} times, at most {limit} are allowed'],
  length: ['长 {found} 个字符，最多 {limit} 个', 'it has {found} characters, at most {limit} are allowed'],
  format: ['不是 {type} 类型的值', 'it is no value of type {type}'],
} as const;
export type ProblemKind = keyof typeof TEXTS;

export function problemText(place: string, problem: ProblemKind, values: Readonly<Record<string, string | number>>): Text {
  const filled = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  const [zhCN, en] = TEXTS[problem];
  return { 'zh-CN': `${place}：${filled(zhCN)}`, en: `${place}: ${filled(en)}` };
}
