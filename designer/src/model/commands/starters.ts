/** Starter chains of nodes for the feeds that hospitals ask for most often. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { CARD_WIDTH, GAP_X } from '../flow/card-geometry.ts';
import type { Clipboard } from './clipboard.ts';
import { newNode } from './new-node.ts';
import type { NodeTypes } from '../flow/node-types.ts';

export interface Starter {
  readonly id: string;
  readonly icon: string;
  readonly title: Text;
  readonly about: Text;
  readonly chain: readonly string[];
  /**
   * True for a message that is stored first. The caller waits for no reply, and the last node of the chain sends the
   * message to the target.
   */
  readonly pushes?: true;
}

export const STARTERS: readonly Starter[] = [
  {
    id: 'rest-to-soap',
    icon: 'mail-open',
    title: { 'zh-CN': '接口转 SOAP', en: 'REST to SOAP' },
    about: {
      'zh-CN': '校验请求，调用医院的 SOAP 服务，把结果回复给调用方',
      en: 'Check a request, call a hospital’s SOAP service, reply to the caller',
    },
    chain: ['interface.call@1', 'check.json-schema@1', 'transform.map@1', 'soap.call@1', 'transform.map@1', 'control.reply@1'],
  },
  {
    id: 'mllp-to-http',
    icon: 'ear',
    title: { 'zh-CN': 'HL7 消息转 HTTP', en: 'HL7 to HTTP' },
    about: { 'zh-CN': '经 MLLP 接收 HL7 v2 消息，解析、转换后推送', en: 'Receive HL7 v2 over MLLP, parse it, transform it, send it on' },
    chain: ['mllp.listen@1', 'hl7.parse@2', 'transform.map@1', 'http.call@1'],
    pushes: true,
  },
  {
    id: 'adt-to-broker',
    icon: 'send',
    title: { 'zh-CN': 'HL7 消息转消息队列', en: 'HL7 to a broker' },
    about: {
      'zh-CN': '经 MLLP 接收入出转消息，解析、转换后发布到 Kafka、RabbitMQ 等',
      en: 'Receive ADT messages over MLLP, parse and transform them, publish them to Kafka, RabbitMQ and so on',
    },
    chain: ['mllp.listen@1', 'hl7.parse@2', 'transform.map@1', 'messaging.publish@1'],
    pushes: true,
  },
  {
    id: 'rows-to-http',
    icon: 'database',
    title: { 'zh-CN': '数据库新行转 HTTP', en: 'Database rows to HTTP' },
    about: { 'zh-CN': '定期读取医院库表中的新行，转换后推送', en: 'Read new rows of a hospital’s table, transform them, send them on' },
    chain: ['database.poll@1', 'transform.map@1', 'http.call@1'],
    pushes: true,
  },
  {
    id: 'files-to-broker',
    icon: 'folder-input',
    title: { 'zh-CN': 'LIS 报告文件转消息队列', en: 'LIS report files to a broker' },
    about: {
      'zh-CN': '从 FTP、SFTP 或目录收取报告文件，解析 CSV 后发布',
      en: 'Fetch report files from FTP, SFTP or a folder, parse their CSV, publish the rows',
    },
    chain: ['file.poll@1', 'csv.parse@1', 'transform.map@1', 'messaging.publish@1'],
    pushes: true,
  },
  {
    id: 'mail-to-broker',
    icon: 'mail',
    title: { 'zh-CN': '邮件转消息队列', en: 'Mail to a broker' },
    about: { 'zh-CN': '收取邮箱中的邮件与附件，发布到消息队列', en: 'Receive the mails of a mailbox with their attachments, publish them' },
    chain: ['mail.receive@2', 'transform.map@1', 'messaging.publish@1'],
    pushes: true,
  },
  {
    id: 'bus-events-to-broker',
    icon: 'radio-tower',
    title: { 'zh-CN': '总线事件转消息队列', en: 'Bus events to a broker' },
    about: {
      'zh-CN': '接口上下线、熔断、告警等总线事件，按顺序发布到消息中间件',
      en: 'Publish events of the bus in their order: interfaces online and offline, breakers, alarms',
    },
    chain: ['bus.receive@1', 'messaging.publish@1'],
    pushes: true,
  },
  {
    id: 'timer-to-http',
    icon: 'clock',
    title: { 'zh-CN': '定时取数', en: 'Scheduled fetch' },
    about: { 'zh-CN': '按计划查询一个系统，转换后写入另一个系统', en: 'Query one system on a schedule and write to another' },
    chain: ['timer.schedule@1', 'http.call@1', 'transform.map@1', 'http.call@1'],
    pushes: true,
  },
];

/** Returns the starters whose node types are all installed. */
export function startersFor(types: NodeTypes): readonly Starter[] {
  return STARTERS.filter(({ chain }) => chain.every((name) => types.get(name) !== undefined));
}

/** Returns the chain of nodes, connected and in a row, in the form of a copied selection. */
export function starterClipboard(types: NodeTypes, { chain, pushes }: Starter, language: keyof Text): Clipboard {
  const nodes: FlowDocument['nodes'] = [];
  for (const name of chain) {
    const type = types.get(name);
    if (type !== undefined) nodes.push(newNode({ nodes } as FlowDocument, type, { language }));
  }
  const last = nodes.at(-1);
  if (pushes === true && last?.type.startsWith('http.call@') === true) last.config = { ...last.config, method: 'POST' };
  const edges = nodes.slice(1).map((node, index) => {
    const before = nodes[index]!;
    return {
      id: createId('e'),
      from: { node: before.id, port: types.mainOutPort(before) ?? 'out' },
      to: { node: node.id, port: types.mainInPort(node) ?? 'in' },
    };
  });
  const places = nodes.map(({ id }, index): [string, [number, number]] => [id, [index * (CARD_WIDTH + GAP_X), 0]]);
  return { kind: 'kangqiao/clipboard-1', nodes, edges, layout: { nodes: Object.fromEntries(places), groups: [], notes: [] } };
}
