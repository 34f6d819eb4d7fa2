import type { TSchema } from 'typebox';
import { CodeTable } from '../../engine/contract/node/adapter.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { AppDocument, GrantDocument } from '../../gateways/documents/caller-documents.ts';
import { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { cityExample } from './examples.ts';
import { fieldTable, GENERATED, inBoth, json, undescribedOf, type Page } from './markdown.ts';
import { rowsOf } from './schema-rows.ts';

interface Section {
  readonly title: string;
  readonly about: Text;
  readonly schema: TSchema;
  /** Name of the file in examples/city whose first document is the example. */
  readonly example: Parameters<typeof cityExample>[0];
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'Interface · 接口',
    about: {
      en: 'What callers call: a method and path on a front, its [policies](policies.md), and where it leads.',
      'zh-CN': '供调用方调用的接口：网关上的方法与路径、[策略](policies.md)，以及通向哪里。',
    },
    schema: InterfaceDocument,
    example: 'interfaces',
  },
  {
    title: 'App · 应用',
    about: {
      en: 'An application of a caller. Its keys are uploaded apart: see [signing](../signing.md).',
      'zh-CN': '调用方的一个应用。密钥单独上传，见[签名](../signing.md)。',
    },
    schema: AppDocument,
    example: 'apps',
  },
  {
    title: 'Grant · 授权',
    about: { en: 'Says which app may call which interface, until when.', 'zh-CN': '哪个应用可以调用哪个接口，到何时为止。' },
    schema: GrantDocument,
    example: 'grants',
  },
  {
    title: 'Code table · 代码表',
    about: {
      en: 'Translates the codes of one system into those of another, in [mappings](mappings.md).',
      'zh-CN': '在[映射](mappings.md)中把一个系统的代码转换成另一个系统的代码。',
    },
    schema: CodeTable,
    example: 'tables',
  },
];

export function interfacePage(): Page {
  const sections = SECTIONS.map((section) => ({ section, rows: rowsOf(section.schema) }));
  const parts = sections.map(
    ({ section: { title, about, example }, rows }) =>
      `## ${title}\n\n${inBoth(about)}\n\n${fieldTable(rows)}\n\n${json(cityExample(example))}`,
  );
  return {
    file: 'interfaces.md',
    text: `${[GENERATED, INTRODUCTION, ...parts].join('\n\n')}\n`,
    undescribed: sections.flatMap(({ section: { title }, rows }) => undescribedOf(rows, title)),
  };
}

const INTRODUCTION = `# Interfaces, apps, grants and code tables · 接口、应用、授权与代码表

The documents that an installation consists of beside its [flows](flow-document.md) and [adapters](adapters.md).
\`kangqiao interface|app|grant|table apply FILE\` saves them from files, and so do the [admin API](../admin-api.md) and
the console. The examples are of the example city.

除[流程](flow-document.md)和[适配器](adapters.md)之外，一个安装由这些文档组成。可以用 \`kangqiao interface|app|grant|table apply FILE\`、
[管理接口](../admin-api.md)或控制台保存。示例取自示例城市。`;
