import type { IpEntry, IpListDocument } from '../../../gateways/documents/ip-list-document.ts';

/** A list for all of the open front, with these ranges. */
export function buildIpList(fields: Partial<IpListDocument>, ranges: readonly string[], entry: Partial<IpEntry> = {}): IpListDocument {
  return {
    ...{ listId: 'ipl_test', revision: 1, name: { 'zh-CN': '测试', en: 'Test' }, kind: 'black', everywhere: true, fronts: ['open'] },
    entries: ranges.map((range) => ({ range, reason: 'a test', ...entry })),
    ...fields,
  };
}
