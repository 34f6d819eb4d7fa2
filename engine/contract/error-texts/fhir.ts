/** Texts for errors of FHIR servers and resources. */
import type { ErrorTemplates } from './template.ts';

export const fhirTexts: ErrorTemplates = {
  FHIR_REFUSED: {
    what: 'FHIR 服务器拒绝了请求（HTTP {status}，代码 {codes}[，位置 {places}]）',
    fix: '更正资源或查询参数；详情见对方服务器的日志。',
  },
  FHIR_ANSWER_UNREADABLE: { what: 'FHIR 服务器的响应不是 JSON 资源', fix: '检查适配器的地址；写操作请向对方确认是否已完成。' },
  FHIR_RESOURCE_WRONG: { what: '数据不是 {type} 资源', fix: '给出 JSON 资源，resourceType 须一致。' },
  FHIR_CHECK_FAILED: { what: '资源不符合 FHIR R4：共 {count} 处，第一处在 {place}', fix: '更正所列各处后重新发送。' },
  FHIR_REQUEST: { what: '请求不符合本 FHIR 服务提供的内容', fix: '按能力声明（metadata）更正请求，并经网关发送。' },
  FHIR_REPLY: { what: '流程的回复不符合 FHIR 操作', fix: '按“FHIR 请求触发”帮助中该操作的要求回复。' },
  'FHIR_REPLY/read': { what: '流程的回复不是所读取的资源', fix: '回复所读取的类型和 id 的资源；没有时回复 null。' },
  'FHIR_REPLY/stored': { what: '流程的回复不是存好的资源（类型相符并含 id）', fix: '回复存好的资源，或 {resource, created}。' },
  'FHIR_REPLY/list': { what: '流程的回复不是资源数组', fix: '回复数组，或 {resources, included, total, next}。' },
  'FHIR_REPLY/matches': { what: '流程的回复中有不是所查询类型的资源', fix: '其他类型的资源放入 included。' },
  'FHIR_REPLY/included': { what: '流程的回复中有不是资源的内容', fix: '每项须为含 resourceType 的资源。' },
  'FHIR_REPLY/page': { what: '流程的回复超过每页最多 {limit} 个资源', fix: '按 data.search.count 取一页，其余由 next 续读。' },
  'FHIR_REPLY/entries': { what: '流程回复的 Bundle 中 entry 不是数组', fix: 'entry 回复数组。' },
  'FHIR_REPLY/response': { what: '流程的回复不是相应的 Bundle', fix: '回复 transaction-response 或 batch-response 类型的 Bundle。' },
  FHIR_TOO_MANY: { what: '查询结果超过 {limit} 个资源', fix: '缩小查询范围，或提高节点的上限。' },
  FHIR_PAGE_WRONG: { what: '查询结果无法读完', fix: '检查适配器的地址；服务器在链接中须用同一地址称呼自己。' },
  'FHIR_PAGE_WRONG/elsewhere': { what: '查询结果的下一页在另一台服务器上，已拒绝', fix: '适配器的地址须与服务器在链接中所写的一致。' },
  'FHIR_PAGE_WRONG/circle': { what: '查询结果的页形成循环', fix: '请对方更正其分页链接。' },
  'FHIR_PAGE_WRONG/pages': { what: '查询结果的页数超过节点允许的资源数', fix: '请对方更正其分页链接，或用 _count 要求更大的页。' },
  'FHIR_PAGE_WRONG/bundle': { what: '服务器没有返回 Bundle', fix: '检查资源类型与适配器的地址。' },
};
