import { AppError, toIssue, type Issue } from '../contract/values/errors.ts';
import type { FlowDocument } from '../contract/flow/flow-document.ts';
import { readFlow } from '../flow/parse-flow.ts';
import { nodeTexts } from '../flow/node-texts.ts';
import { calledFlowIssues } from './called-flows.ts';
import { documentIssues, type FlowCatalogDeps } from './examine-flow.ts';

/**
 * Returns every problem of a document, errors first: its own problems, those of its calls to other flows, and those
 * that only the sandbox finds.
 */
export async function findIssues(deps: FlowCatalogDeps, raw: unknown, by = ''): Promise<readonly Issue[]> {
  const issues = await documentIssues(deps, raw, by);
  const isUnread = issues.some(({ code }) => code === 'FLOW_SCHEMA' || code === 'FLOW_TOO_COSTLY');
  const document = isUnread ? undefined : readFlow(raw, deps.fits);
  if (document === undefined) return issues;
  const more = [...(await calledFlowIssues(document, deps)), ...(await scriptIssues(document, deps))];
  const isError = ({ severity }: Issue) => severity === 'error';
  return [...issues.filter(isError), ...more, ...issues.filter((issue) => !isError(issue))];
}

/**
 * Finds scripts with syntax errors now instead of at the first message. The sandbox compiles them and runs nothing.
 */
async function scriptIssues(document: FlowDocument, { nodes, checkScript }: FlowCatalogDeps): Promise<readonly Issue[]> {
  if (checkScript === undefined) return [];
  const issues: Issue[] = [];
  for (const [index, node] of document.nodes.entries()) {
    const definition = node.disabled === true ? undefined : nodes.get(node.type);
    if (definition === undefined) continue;
    for (const { path, text, kind } of nodeTexts(node.config, definition)) {
      const error = kind === 'script' ? await refusalOf(() => checkScript(text)) : undefined;
      if (error !== undefined) issues.push({ ...toIssue(error, `/nodes/${index}/config${path}`), node: node.id });
    }
  }
  return issues;
}

async function refusalOf(check: () => Promise<void>): Promise<AppError | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.kind === 'input') return error;
    throw error;
  }
}
