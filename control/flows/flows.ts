/** Actions for flows: drafts, checks, tests and versions. */
import { Type } from 'typebox';
import { isProduction } from '../../engine/contract/values/environment.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { FlowTest, type FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import type { FlowCatalog, PublishStage, TestReport } from '../../engine/publish/interface.ts';
import { changedFieldsOfFlow } from '../audit/changed-fields.ts';
import { type Action, type ActionContext, closed, defineAction, FlowId } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import { issuesSeen, requirePublishable, requireReferences } from './flow-references.ts';
import { all, type Owners, saving } from '../action/owners.ts';
import { showFlow } from './shown-flow.ts';
import { refuseIfFlowUsed } from './uses.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { ControlEvents } from './flow-events.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { Registry } from '../registry/registry.ts';
import type { FlowUses } from './flow-uses.ts';

export interface FlowServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly flowUses: FlowUses;
  readonly owners: Owners;
  readonly events: ControlEvents;
  readonly info: ControlInfo;
}

const VersionNumber = Type.Integer({ minimum: 1 });
export const byFlow = Type.Object({ flowId: FlowId }, closed);
export const byVersion = Type.Object({ flowId: FlowId, version: VersionNumber }, closed);

export function flowActions(services: FlowServices): readonly Action[] {
  return [
    getDraft(services),
    saveDraft(services),
    removeFlow(services),
    validateFlow(services),
    testFlow(services),
    publishFlow(services),
    rollBackFlow(services),
    unpublishFlow(services),
  ];
}

function getDraft({ catalog, owners }: FlowServices): Action {
  return defineAction({
    name: 'flows.get',
    right: 'flows.read',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '读取草稿', en: 'Read a draft' },
    input: byFlow,
    audited: false,
    run: async ({ actor }, { flowId }) => showFlow(existing(await catalog.draft(flowId), flowId), actor),
  });
}

function saveDraft(services: FlowServices): Action {
  const { catalog, owners } = services;
  return defineAction({
    name: 'flows.save',
    right: 'flows.edit',
    domain: ({ flowId, document }) => saving(owners.flow(flowId), document),
    text: {
      'zh-CN': '保存草稿（携带 revision；过期返回 409 与双方版本）',
      en: 'Save a draft with its revision; a stale one gets 409 with both versions',
    },
    input: Type.Object({ flowId: FlowId, document: Type.Unknown() }, closed),
    audited: true,
    subject: ({ flowId }) => flowId,
    async run(ctx, { flowId, document }) {
      requireOwnId(flowId, document);
      const before = await catalog.draft(flowId);
      const saved = await catalog.saveDraft(document, ctx.actor.account);
      ctx.note.changes = changedFieldsOfFlow(before, saved);
      ctx.note.after = { revision: saved.revision };
      services.events.draftSaved(saved);
      return saved;
    },
  });
}

function removeFlow(services: FlowServices): Action {
  const { catalog, owners } = services;
  return defineAction({
    name: 'flows.remove',
    right: 'flows.delete',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '删除流程', en: 'Delete a flow' },
    input: byFlow,
    audited: true,
    subject: ({ flowId }) => flowId,
    async run(ctx, { flowId }) {
      await refuseIfFlowUsed(services, flowId, 'delete');
      ctx.note.before = brief(existing(await catalog.draft(flowId), flowId));
      return { removed: await catalog.remove(flowId, ctx.actor.account) };
    },
  });
}

function validateFlow(services: FlowServices): Action {
  const { catalog } = services;
  return defineAction({
    name: 'flows.validate',
    right: 'flows.read',
    domain: 'filtered',
    text: { 'zh-CN': '校验文档，一次给出所有问题', en: 'Check a document and return all problems at once' },
    input: Type.Object({ document: Type.Unknown() }, closed),
    audited: false,
    async run({ actor, domains }, { document }) {
      const found = await catalog.validate(document, actor.account);
      const issues = await issuesSeen(services, domains, document, found);
      return { valid: issues.every((issue) => issue.severity !== 'error'), issues };
    },
  });
}

function testFlow(services: FlowServices): Action {
  const { catalog } = services;
  return defineAction({
    name: 'flows.test',
    right: 'flows.edit',
    domain: 'filtered',
    text: { 'zh-CN': '运行保存的测试（或给出的测试）', en: 'Run the saved tests, or those given' },
    input: Type.Object({ document: Type.Unknown(), tests: Type.Optional(Type.Array(FlowTest, { maxItems: 200 })) }, closed),
    audited: false,
    async run(ctx, { document, tests }) {
      await requireReferences(services, ctx.domains, document);
      return runTests(ctx, catalog, document, tests ?? savedTests(document));
    },
  });
}

function publishFlow(services: FlowServices): Action {
  const { catalog, events, owners, info } = services;
  return defineAction({
    name: 'flows.publish',
    right: 'flows.publish',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: {
      'zh-CN': '发布：校验、测试、准备、提交；任一步失败则旧版本继续服务',
      en: 'Publish: validate, test, prepare, commit; on any failure the old version keeps serving',
    },
    input: Type.Object(
      {
        flowId: FlowId,
        note: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
        revision: Type.Optional(
          Type.Integer({
            minimum: 1,
            description:
              'The revision of the draft that you reviewed; if the draft was saved since, it is not published (`FLOW_DRAFT_CHANGED`)',
          }),
        ),
      },
      closed,
    ),
    audited: true,
    subject: ({ flowId }) => flowId,
    async run(ctx, { flowId, note, revision }) {
      if (note === undefined && isProduction(info.environment)) throw noteMissing();
      await requirePublishable(services, ctx.domains, await catalog.draft(flowId), { mayRequest: true });
      const onStage = (stage: PublishStage) => ctx.progress({ stage });
      const report = await catalog.publish(flowId, ctx.actor.account, ctx.signal, { onStage, note, revision });
      if (note !== undefined) ctx.note.reason = note;
      ctx.note.after = { version: report.version, contentHash: report.contentHash, changed: report.changed };
      events.flowPublished(flowId, report.version);
      return report;
    },
  });
}

function rollBackFlow(services: FlowServices): Action {
  const { catalog, events, owners } = services;
  return defineAction({
    name: 'flows.rollback',
    right: 'flows.publish',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '回滚到以前的版本', en: 'Go back to an older version' },
    input: byVersion,
    audited: true,
    subject: ({ flowId, version }) => `${flowId}@${version}`,
    async run(ctx, { flowId, version }) {
      await requirePublishable(services, ctx.domains, (await catalog.version(flowId, version))?.document, { mayRequest: false });
      const report = await catalog.rollback(flowId, version, ctx.actor.account, ctx.signal);
      ctx.note.after = { version: report.version, contentHash: report.contentHash };
      events.flowPublished(flowId, report.version);
      return report;
    },
  });
}

function unpublishFlow(services: FlowServices): Action {
  const { catalog, owners } = services;
  return defineAction({
    name: 'flows.unpublish',
    right: 'flows.publish',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '下线', en: 'Take out of service' },
    input: byFlow,
    audited: true,
    subject: ({ flowId }) => flowId,
    async run(ctx, { flowId }) {
      await refuseIfFlowUsed(services, flowId, 'unpublish');
      return { unpublished: await catalog.unpublish(flowId, ctx.actor.account) };
    },
  });
}

/** Runs the tests in sequence, so that the person sees the progress and can cancel in between. */
async function runTests(ctx: ActionContext, catalog: FlowCatalog, document: unknown, tests: readonly FlowTest[]): Promise<TestReport> {
  const results: TestReport['tests'][number][] = [];
  for (const test of tests) {
    ctx.signal.throwIfAborted();
    const report = await catalog.test(document, ctx.signal, [test], ctx.actor.account);
    results.push(...report.tests);
    ctx.progress({ done: results.length, of: tests.length, passed: report.passed });
  }
  return { passed: results.every((result) => result.passed), tests: results };
}

function savedTests(document: unknown): readonly FlowTest[] {
  const tests = isRecord(document) ? document['tests'] : undefined;
  return Array.isArray(tests) ? (tests as readonly FlowTest[]) : [];
}

/**
 * Returns the error for a missing note. In production other people must be able to read why a version was published.
 */
function noteMissing(): AppError {
  return new AppError('PUBLISH_NOTE_MISSING', 'input', 'Publishing in production requires a note.', {
    fix: 'Say in `note` what changes and why.',
  });
}

/** Throws FLOW_ID_DIFFERS (input) unless the document has this flow id. */
export function requireOwnId(flowId: string, document: unknown): void {
  if (isRecord(document) && document['flowId'] === flowId) return;
  throw new AppError('FLOW_ID_DIFFERS', 'input', `The document's flowId is not ${flowId}.`, {
    values: { flowId },
    fix: 'Save it under its own id.',
  });
}

function brief(flow: FlowDocument): Readonly<Record<string, unknown>> {
  return { flowId: flow.flowId, revision: flow.revision, nodes: flow.nodes.length, edges: flow.edges.length, mode: flow.mode };
}
