import { GENERATED, table, type Page } from './markdown.ts';

/** Returns the start page of the reference. */
export function indexPage(): Page {
  const rows = [
    ['[Flow document](flow-document.md)', '流程文档', 'nodes, edges, handling, retry, ingress, recording, saved tests'],
    ['[Node types](nodes/README.md)', '节点类型', 'configuration, ports, effect and help of each'],
    ['[Mappings](mappings.md)', '映射', 'rules, sources, functions, date pictures'],
    ['[Conditions](conditions.md)', '条件', 'operators, operands, paths, expressions'],
    ['[Adapters](adapters.md)', '适配器', 'settings of each protocol, environments, credentials, addresses'],
    ['[Interfaces, apps, grants, code tables](interfaces.md)', '接口、应用、授权、代码表', 'the other documents of an installation'],
    ['[Policies](policies.md)', '网关策略', 'of the gateways, with their options'],
    ['[Errors](../errors.md)', '错误码', 'every code, and what to do'],
    ['[Settings](../settings.md)', '设置', 'of the processes'],
    ['[Command line](../command-line.md)', '命令行', 'every command and option'],
    ['[Admin API](../admin-api.md)', '管理接口', 'by curl'],
  ];
  const text = [GENERATED, '# Reference · 参考手册', table(['page', '内容', 'what it describes'], rows)].join('\n\n');
  return { file: 'README.md', text: `${text}\n`, undescribed: [] };
}
