/** A file with flows and the objects that they need, for import into another installation. */
import type { Static } from 'typebox';
import type { AdapterDocument, CodeTable } from '../../engine/contract/node/adapter.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { IpListDocument } from '../../gateways/documents/ip-list-document.ts';
import type { ObjectRuleSet } from '../../gateways/documents/object-rules.ts';
import type { ServiceDocument } from '../../gateways/documents/service-document.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';

export interface BundleDocument {
  readonly schema: 'bundle/1';
  /** Absent in bundles of 0.1.0. Such bundles do not include flows that are called by other flows. */
  readonly source?: 'draft' | 'published';
  readonly versions?: Readonly<Record<string, number>>;
  readonly adapters?: readonly AdapterDocument[];
  readonly tables?: readonly CodeTable[];
  readonly flows?: readonly Static<typeof FlowDocument>[];
  readonly services?: readonly ServiceDocument[];
  readonly ipLists?: readonly IpListDocument[];
  readonly ruleSets?: readonly ObjectRuleSet[];
  readonly interfaces?: readonly InterfaceDocument[];
}

/** Returns the ids of the flows in the bundle; skips entries that are not flows. */
export function flowIdsOf({ flows = [] }: BundleDocument): readonly string[] {
  return flows.flatMap((flow: unknown) => (isRecord(flow) && typeof flow['flowId'] === 'string' ? [flow['flowId']] : []));
}
