import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { FlowDocument } from '../contract/flow/flow-document.ts';

/**
 * Returns the SHA-256 (hex) of a flow's content: everything except `revision` and `layout`, so that moving a node on
 * the canvas does not change it. The result is the same in a browser and in Node. It does not depend on the order of
 * fields, but on the order of nodes and edges.
 */
export function contentHash(flow: FlowDocument): string {
  const { revision: _revision, layout: _layout, ...content } = flow;
  return bytesToHex(sha256(new TextEncoder().encode(canonicalJson(content))));
}

/** Returns JSON with sorted field names and without undefined fields, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => (item === undefined ? 'null' : canonicalJson(item))).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let fields = '';
  for (const name of Object.keys(value).sort()) {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    if (field !== undefined) fields += `${fields === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(field)}`;
  }
  return `{${fields}}`;
}
