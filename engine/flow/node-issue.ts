import type { ErrorValues, Issue } from '../contract/values/errors.ts';
import type { NodeView } from './graph-view.ts';

/**
 * Creates an issue about one node; `path` is relative to the node. The values of the issue contain the node's label.
 */
export function nodeIssue(
  item: NodeView,
  path: string,
  code: string,
  message: string,
  fix?: string,
  severity: Issue['severity'] = 'error',
  values: ErrorValues = {},
): Issue {
  return {
    path: `/nodes/${item.index}${path}`,
    code,
    severity,
    message,
    values: { node: labelOf(item), ...values },
    node: item.node.id,
    ...(fix === undefined ? {} : { fix }),
  };
}

export function labelOf({ node }: NodeView): string {
  return node.label || node.id;
}

/** Returns the node's label in quotes. */
export function nameOf(item: NodeView): string {
  return `"${labelOf(item)}"`;
}
