/** Runs in a thread of the examiner: loads the node types once, then examines one document after the other. */
import { Create } from 'typebox/value';
import type { TSchema } from 'typebox';
import type { Issue } from '../contract/values/errors.ts';
import { typeName } from '../contract/node/node.ts';
import { createBuildContext } from '../expression/create-build-context.ts';
import { loadNodes, type LoadedNodes } from '../registry/load-nodes.ts';
import { readConfigSchema } from '../extensions/package/config-schema.ts';
import { extensionNode, type ExtensionNodeType } from '../extensions/extension-node.ts';
import { withExtensions } from '../extensions/with-extensions.ts';
import { compileFlow } from '../compile/compile-flow.ts';
import { serveTasks, taskData } from '../threads/serve-tasks.ts';
import { createFits } from './create-fits.ts';
import { examineDocument, type Examined } from './examine-document.ts';
import { OWN_LIMIT_MS, tooCostly, type DocumentFacts, type ExamineAnswer, type ExamineTask } from './examine-protocol.ts';

const nodes = await loadNodes(taskData() as readonly string[]);
const fits = createFits();
/** Expressions are only compiled here, never run. */
const build = createBuildContext({
  pool: { runExpression: () => Promise.reject(new Error('the examine thread does not run flows')) },
  isDraft: true,
});

function examine(
  raw: unknown,
  { environment, protocols, tables, extensions = [] }: DocumentFacts,
  onNode: (index: number) => void,
): Examined {
  const known = new Set(tables);
  const all = extensions.length === 0 ? nodes : withExtensions(nodes, nodesOfExtensions(extensions));
  return examineDocument(raw, {
    nodes: all,
    fits,
    onNode,
    adapters: { environment, protocolOf: (id) => (Object.hasOwn(protocols, id) ? protocols[id] : undefined) },
    hasTable: (id) => known.has(id),
    checkExpression: (expression) => void build.compileExpression(expression),
    compile: (version) => compileFlow(version, { getNode: all.get, build, onNode }),
  });
}

function nodesOfExtensions(types: readonly ExtensionNodeType[]): Pick<LoadedNodes, 'get' | 'list' | 'longHelp'> {
  const run = () => Promise.reject(new Error('the examine thread does not run flows'));
  const list = types.map(({ isEnabled, node, extension }) =>
    extensionNode({ extension, node, config: readConfigSchema(node.config, node.verb), isEnabled: () => isEnabled, run }),
  );
  return { get: (name) => list.find((node) => typeName(node) === name), list: () => list, longHelp: () => undefined };
}

/**
 * Compiles a node of each type with the smallest configuration. Otherwise the first document would be charged the time
 * for code that all documents use.
 */
function warmUp(): void {
  const name = { 'zh-CN': '', en: '' };
  const document = { schema: 'flow/1', flowId: 'flw_warm', revision: 0, name, domain: 'warm', tags: [], mode: 'sync', deadlineMs: 1000 };
  const one = nodes.list().map((node, index) => ({ id: `n_${index}`, type: typeName(node), label: '', config: leastOf(node.config) }));
  const raw = { ...document, nodes: one, edges: [], tests: [], layout: { nodes: {}, groups: [], notes: [] } };
  examine(raw, { environment: 'DEV', protocols: {}, tables: [] }, () => undefined);
}

/**
 * Returns the smallest configuration. Returns an empty one if `Create` fails, as it does for a string that must match a
 * pattern.
 */
function leastOf(schema: TSchema): unknown {
  try {
    return Create(schema);
  } catch {
    return {};
  }
}

class Over extends Error {
  readonly issue: Issue;
  constructor(issue: Issue) {
    super(issue.message);
    this.issue = issue;
  }
}

warmUp();

serveTasks<ExamineTask, ExamineAnswer>(({ text, facts }, { step, computedMs }) => {
  const raw = JSON.parse(text) as unknown;
  const onNode = (index: number) => {
    step(index + 1);
    if (computedMs() > OWN_LIMIT_MS) throw new Over(tooCostly(raw, index + 1, 'time'));
  };
  try {
    const { flow, issues } = examine(raw, facts, onNode);
    return { issues, ...(flow === undefined ? {} : { document: flow.document }) };
  } catch (error) {
    if (error instanceof Over) return { issues: [error.issue] };
    throw error;
  }
});
