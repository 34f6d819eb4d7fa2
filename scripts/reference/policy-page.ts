import type { Policy } from '../../gateways/contract.ts';
import { FRONTS } from '../../engine/contract/access/access.ts';
import { fieldTable, GENERATED, inBoth, table, undescribedOf, type Page } from './markdown.ts';
import { rowsOf } from './schema-rows.ts';

/** Returns the page of policies: a table of all policies, then a section for each policy that has options. */
export function policyPage(policies: readonly Policy[]): Page {
  const sections = policies.map((policy) => ({ policy, rows: rowsOf(policy.options) }));
  const withOptions = sections.filter(({ rows }) => rows.length > 0);
  const list = table(
    ['policy', '名称', 'what it does', '作用', 'stage', 'fronts', 'on by itself', 'may be switched off'],
    policies.map(({ name, text, stage, fronts, isDefault, isOptional }) => [
      `\`${name}\``,
      text.label['zh-CN'],
      text.help.en,
      text.help['zh-CN'],
      stage,
      fronts.join(', '),
      FRONTS.filter((front) => fronts.includes(front) && isDefault(front)).join(', '),
      FRONTS.filter((front) => fronts.includes(front) && isOptional(front)).join(', '),
    ]),
  );
  const parts = withOptions.map(({ policy, rows }) => `### \`${policy.name}\`\n\n${inBoth(policy.text.help)}\n\n${fieldTable(rows)}`);
  return {
    file: 'policies.md',
    text: `${[GENERATED, INTRODUCTION, list, '## Options · 选项', ...parts].join('\n\n')}\n`,
    undescribed: sections.flatMap(({ policy, rows }) => undescribedOf(rows, `policy ${policy.name}`)),
  };
}

const INTRODUCTION = `# Policies of the gateways · 网关策略

The \`policies\` of an [interface](interfaces.md) are an object: the name of a policy and its options, or \`false\` to
switch one off. Those that are on by themselves need no entry. Policies run in the order of their stages, which nobody
can change.

接口的 \`policies\` 是一个对象：策略名称到它的选项，\`false\` 表示关闭。默认启用的不必写。策略按固定的阶段顺序执行。`;
