import { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { AdapterType } from '../../engine/contract/node/adapter-type.ts';
import { adapterExamples } from './examples.ts';
import { fieldTable, GENERATED, inBoth, json, undescribedOf, type Page } from './markdown.ts';
import { rowsOf } from './schema-rows.ts';

export function adapterPage(types: readonly AdapterType[]): Page {
  const document = rowsOf(AdapterDocument);
  const sections = types.map((type) => ({ type, rows: rowsOf(type.settings) }));
  const parts = [GENERATED, INTRODUCTION, fieldTable(document), ENVIRONMENTS, SECRETS, ADDRESSES, '## Settings by protocol · 各协议的设置'];
  for (const { type, rows } of sections) parts.push(...section(type), fieldTable(rows));
  for (const { about, document: example } of adapterExamples) parts.push(`## ${about.en} · ${about['zh-CN']}`, json(example));
  const undescribed = [
    ...undescribedOf(document, 'adapter'),
    ...sections.flatMap(({ type, rows }) => undescribedOf(rows, `adapter ${type.protocol}`)),
  ];
  return { file: 'adapters.md', text: `${parts.join('\n\n')}\n`, undescribed };
}

function section({ protocol, text, credential, hasCharset }: AdapterType): string[] {
  const charset = hasCharset ? ['Its `charset` matters. `charset` 有作用。'] : [];
  const login = credential === undefined ? [] : [`Credential: ${credential.en}\n\n凭据：${credential['zh-CN']}`];
  return [`### \`${protocol}\``, inBoth(text.help), ...login, ...charset];
}

const INTRODUCTION = `# Adapters · 适配器

An adapter is a hospital's system as the bus sees it. Address, credential and limits live here, so that
[flows](flow-document.md) carry none. It is saved with \`kangqiao adapter apply FILE\`, with
\`PUT /api/v1/adapters/ID\` ([admin API](../admin-api.md)), or in the console.

适配器是从总线看到的医院系统。地址、凭据和限额都在这里，[流程](flow-document.md)里没有。可用 \`kangqiao adapter apply FILE\`、
\`PUT /api/v1/adapters/ID\`（[管理接口](../admin-api.md)）或控制台保存。`;

const ENVIRONMENTS = `## Environments · 环境

One adapter document holds the settings of every environment, so that the same flows and adapters go from test to
production unchanged. Each installation runs in one environment: \`KQ_ENVIRONMENT\` names it
([settings](../settings.md); \`DEV\` by default), and only \`environments\` of exactly that name is used. An adapter
without settings for it does not exist there: a flow that names it cannot be published, and nothing falls back to the
address of another environment.

一份适配器文档保存各个环境的设置，因此同样的流程和适配器可以原样从测试走到生产。每个安装只运行在一个环境：由 \`KQ_ENVIRONMENT\` 指定
（[设置](../settings.md)，默认 \`DEV\`），只使用 \`environments\` 中名称完全相同的一项。没有该环境设置的适配器在那里视为不存在：引用它的流程不能发布，
也绝不会退回到其他环境的地址。`;

const SECRETS = `## Credentials · 凭据

\`credential\` is the name of a secret. Its value is stored apart and sealed, with \`PUT /api/v1/secrets/NAME\` and
\`{"value": "…", "adapters": ["adp_…"]}\`, or in the console; both ask for the password again. Only the adapters that
it lists may use it. A document or bundle never holds a value: store one secret of that name in each installation.

\`credential\` 是凭据的名称。它的值单独加密保存：\`PUT /api/v1/secrets/NAME\`，内容
\`{"value": "…", "adapters": ["adp_…"]}\`，或在控制台保存；只有列出的适配器可以使用。
文档和导出包里从不含凭据的值：每个安装各自保存同名的凭据。`;

const ADDRESSES = `## Where it may connect · 可以连接哪里

Addresses of this machine, link-local and metadata addresses are refused, whatever an adapter says; private networks
are open. The security administrator lists exceptions (\`PUT /api/v1/outbound/127.0.0.1:25\` with a reason; see
[operations](../operations.md)). \`KQ_OUTBOUND_ALLOWED\` opens addresses for one process: hosts or ranges, with a port
if need be, separated by commas, for example \`127.0.0.1:8080,127.0.1.0/24\`.

本机、链路本地和云元数据地址一律拒绝，无论适配器怎么写；内网地址可以连接。安全管理员可以列出例外（\`PUT /api/v1/outbound/127.0.0.1:25\`，附原因，
见[运维](../operations.md)）。\`KQ_OUTBOUND_ALLOWED\` 为单个进程放开地址：主机或网段，可带端口，逗号分隔。`;
