/**
 * Actions for executions: list them, read one with its steps, read its payloads (a separate right), and retry or cancel
 * held ones.
 */
import { Type, type Static, type TObject } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { BLOB_ID, createMessage } from '../../engine/contract/values/message.ts';
import type { ExecutionQuery } from '../../engine/execution/execution-query.ts';
import type { ResumeOutcome } from '../../engine/execution/wait-tokens.ts';
import type { BusinessKeys, ExecutionCatalog, ExecutionDetails, ExecutionPage } from '../../engine/operate/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import { type Action, closed, defineAction, FlowId } from '../action/action.ts';
import { type DomainScope, existing, scopesIn } from '../access/domains.ts';
import { FileOutput } from '../action/file-output.ts';
import { showPayload, type PayloadAnswer } from './execution-payload.ts';
import { withoutErrorTexts } from './error-names.ts';
import { all, type Owners } from '../action/owners.ts';

export interface ExecutionServices {
  readonly catalog: FlowCatalog;
  readonly executions: ExecutionCatalog;
  readonly owners: Owners;
}

const STATUSES = ['queued', 'running', 'waiting', 'held', 'completed', 'failed', 'cancelled'] as const;
const Status = Type.Enum(STATUSES);
const ExecutionId = Type.String({ minLength: 1, maxLength: 100 });
/** Input field of retries, single or in bulk: which code tables to use. */
export const Tables = Type.Optional(
  Type.Enum(['then', 'now'] as const, {
    default: 'then',
    description:
      'Code tables: those from when the message was accepted, or the current ones, which then also apply to the messages that wait behind it in its lane. An execution with a completed write keeps the earlier tables',
  }),
);
const byId = Type.Object({ executionId: ExecutionId }, closed);
const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 }));

const conditions = {
  flowId: Type.Optional(FlowId),
  adapterId: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Only flows of which a published version, current or past, has a node with this adapter',
    }),
  ),
  status: Type.Optional(Type.Union([Status, Type.Array(Status, { minItems: 1, maxItems: STATUSES.length, uniqueItems: true })])),
  from: Type.Optional(Type.Integer({ description: 'Epoch milliseconds' })),
  to: Type.Optional(Type.Integer({ description: 'Epoch milliseconds' })),
  text: Type.Optional(Type.String({ maxLength: 200, description: 'Execution id or trace id, complete or only its beginning' })),
  archived: Type.Optional(Type.Boolean({ description: 'Search the archive instead of the store' })),
  limit: Limit,
  after: Type.Optional(Type.String({ maxLength: 200, description: '`next` of the previous page' })),
};
/** Filters for held executions. */
const heldAt = {
  node: Type.Optional(Type.String({ maxLength: 64 })),
  code: Type.Optional(Type.String({ maxLength: 100, description: 'Error code' })),
  ofBulk: Type.Optional(Type.String({ maxLength: 64, description: 'Retried or resent by this bulk, and held again' })),
  outcome: Type.Optional(Type.Enum(['known', 'unknown'] as const, { description: 'Whether the outcome of the write is known' })),
};
type Conditions = Static<TObject<typeof conditions>>;
type HeldAt = { readonly [Name in keyof typeof heldAt]?: Static<(typeof heldAt)[Name]> | undefined };

export interface KeysAnswer {
  readonly keys: Readonly<Record<string, BusinessKeys>>;
}

export function executionActions(services: ExecutionServices): readonly Action[] {
  return [
    listExecutions(services),
    searchByBusinessKey(services),
    readBusinessKeys(services),
    listHeldExecutions(services),
    getExecution(services),
    readPayload(services),
    readFile(services),
    retryExecution(services),
    tryExecutionNow(services),
    resumeExecution(services),
    cancelExecution(services),
  ];
}

function listExecutions(services: ExecutionServices): Action {
  return defineAction({
    name: 'executions.list',
    right: 'executions.read',
    domain: 'filtered',
    text: {
      'zh-CN': '按时间、流程、适配器、状态或编号查询执行，最新在前',
      en: 'Find executions by time, flow, adapter, status or id; newest first',
    },
    input: Type.Object(conditions, closed),
    audited: false,
    run: async ({ domains }, query): Promise<ExecutionPage> => findExecutions(services, domains, query),
  });
}

function searchByBusinessKey(services: ExecutionServices): Action {
  return defineAction({
    name: 'executions.search',
    right: 'executions.payload',
    domain: 'filtered',
    text: {
      'zh-CN': '按业务键（患者、就诊等）查询执行；键值放在请求体中，不进入网址',
      en: 'Find executions by a business key (patient, visit …); its value is sent in the body, never in the address',
    },
    input: Type.Object(
      {
        ...conditions,
        ...heldAt,
        keyName: Type.String({ minLength: 1, maxLength: 64 }),
        keyValue: Type.String({ minLength: 1, maxLength: 500 }),
      },
      closed,
    ),
    audited: 'hourly',
    run: async ({ domains }, { keyName, keyValue, ...query }): Promise<ExecutionPage> =>
      findExecutions(services, domains, query, { name: keyName, value: keyValue }),
  });
}

function readBusinessKeys({ catalog, executions }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.keys',
    right: 'executions.payload',
    domain: 'filtered',
    text: {
      'zh-CN': '所列执行的业务键（患者、就诊等），供列表显示和导出；内容没有留存的不在其中',
      en: 'Business keys (patient, visit …) of the given executions, for lists and exports; executions whose message is not kept are left out',
    },
    input: Type.Object({ ids: Type.Array(ExecutionId, { minItems: 1, maxItems: 200 }) }, closed),
    audited: 'hourly',
    run: async ({ domains }, { ids }): Promise<KeysAnswer> => ({ keys: await executions.keysOf(ids, await scopesIn(domains, catalog)) }),
  });
}

function listHeldExecutions({ catalog, executions }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.held',
    right: 'executions.read',
    domain: 'filtered',
    text: {
      'zh-CN': '需要人处理的执行，可按流程、节点、错误码筛选，最新在前',
      en: 'Executions that wait for a decision, by flow, node and error code; newest first',
    },
    input: Type.Object(
      {
        flowId: Type.Optional(FlowId),
        ...heldAt,
        limit: Limit,
        after: Type.Optional(Type.String({ maxLength: 200, description: '`next` of the previous page' })),
      },
      closed,
    ),
    audited: false,
    run: async ({ domains }, { flowId, outcome, node, code, ofBulk, limit = 50, after }): Promise<ExecutionPage> => {
      const within = await scopesIn(domains, catalog);
      return executions.list({
        status: ['held'],
        ...(within === undefined ? {} : { within }),
        held: heldWhere({ node, code, ofBulk, outcome }),
        limit,
        ...(flowId === undefined ? {} : { flowIds: [flowId] }),
        ...(after === undefined ? {} : { after }),
      });
    },
  });
}

function getExecution({ catalog, executions, owners }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.get',
    right: 'executions.read',
    domain: ({ executionId }) => all(owners.execution(executionId)),
    text: {
      'zh-CN': '一次执行及其步骤，错误只含代码与处理建议',
      en: 'One execution with its steps; errors with only their code and advice',
    },
    input: byId,
    audited: false,
    run: async (_ctx, { executionId }): Promise<ExecutionDetails> => {
      const details = existing(await executions.get(executionId, { payload: false }), executionId);
      return withoutErrorTexts(details, (await catalog.version(details.flowId, details.version))?.document);
    },
  });
}

function readPayload({ executions, owners }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.payload',
    right: 'executions.payload',
    domain: ({ executionId }) => all(owners.execution(executionId)),
    text: {
      'zh-CN': '一次执行的输入输出与错误原文（留下审计）',
      en: 'One execution with its data and the texts of its errors; writes an audit line',
    },
    input: byId,
    audited: true,
    subject: ({ executionId }) => executionId,
    run: async (_ctx, { executionId }): Promise<PayloadAnswer> =>
      showPayload(existing(await executions.get(executionId, { payload: true }), executionId)),
  });
}

function readFile({ catalog, executions, owners }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.file',
    right: 'executions.payload',
    domain: ({ executionId }) => all(owners.execution(executionId)),
    text: {
      'zh-CN': '下载消息所引用的文件（留下审计）',
      en: 'Download a file that a message of the execution names; writes an audit line',
    },
    input: Type.Object({ executionId: ExecutionId, blobId: Type.String({ pattern: `^${BLOB_ID}$` }) }, closed),
    audited: true,
    // The name of the file can name a person, so it is not part of the audit line.
    subject: ({ executionId, blobId }) => `${executionId} ${blobId}`,
    async run({ domains }, { executionId, blobId }): Promise<FileOutput> {
      const within = await scopesIn(domains, catalog);
      const { name = blobId, content } = existing(await executions.openFile(executionId, blobId, within), blobId);
      return new FileOutput(name, content);
    },
  });
}

function retryExecution({ executions, owners }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.retry',
    right: 'executions.retry',
    domain: ({ executionId }) => all(owners.execution(executionId)),
    text: {
      'zh-CN': '原地重试，沿用原来的幂等键和内容；代码表用当时的或现在的',
      en: 'Retry in place with the same keys and content, with the code tables as received or the current ones',
    },
    input: Type.Object({ executionId: ExecutionId, tables: Tables }, closed),
    audited: true,
    subject: ({ executionId }) => executionId,
    async run(ctx, { executionId, tables = 'then' }) {
      await executions.retry(executionId, ctx.actor.account, tables);
      ctx.note.after = { tables };
      return { executionId, retried: true };
    },
  });
}

function tryExecutionNow({ executions, owners }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.try-now',
    right: 'executions.retry',
    domain: ({ executionId }) => all(owners.execution(executionId)),
    text: { 'zh-CN': '立即重试：不等到下次尝试的时间', en: 'Retry now an execution that waits for its next attempt' },
    input: byId,
    audited: true,
    subject: ({ executionId }) => executionId,
    async run(_ctx, { executionId }) {
      await executions.tryNow(executionId);
      return { executionId, triedNow: true };
    },
  });
}

function resumeExecution({ catalog, executions, owners }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.resume',
    right: 'executions.retry',
    domain: ({ flowId, token }) => all(owners.waiter(flowId, token)),
    text: {
      'zh-CN': '凭令牌恢复流程中等待的执行；尚无执行等待时，消息会保留，resumed 为 false',
      en: 'Resume the execution that waits for a token; if none waits, the message is kept and `resumed` is false',
    },
    input: Type.Object(
      {
        flowId: FlowId,
        token: Type.String({ minLength: 1, maxLength: 500 }),
        data: Type.Unknown(),
        onlyIfWaiting: Type.Optional(
          Type.Boolean({ description: 'Refuse the message instead of keeping it if no execution waits for this token' }),
        ),
      },
      closed,
    ),
    audited: true,
    subject: ({ flowId }) => flowId,
    async run(_ctx, { flowId, token, data, onlyIfWaiting = false }) {
      existing(await catalog.draft(flowId), flowId);
      return showResume(await executions.resume(flowId, token, createMessage(data ?? null), { onlyIfWaiting }));
    },
  });
}

function cancelExecution({ executions, owners }: ExecutionServices): Action {
  return defineAction({
    name: 'executions.cancel',
    right: 'executions.cancel',
    domain: ({ executionId }) => all(owners.execution(executionId)),
    text: { 'zh-CN': '取消：须说明理由', en: 'Cancel; requires a reason' },
    input: Type.Object({ executionId: ExecutionId, reason: Type.String({ minLength: 1, maxLength: 500 }) }, closed),
    audited: true,
    subject: ({ executionId }) => executionId,
    async run(ctx, { executionId, reason }) {
      await executions.cancel(executionId, ctx.actor.account, reason);
      ctx.note.reason = reason;
      return { executionId, cancelRequested: true };
    },
  });
}

async function findExecutions(
  { catalog, executions }: ExecutionServices,
  scope: DomainScope,
  { flowId, adapterId, status, limit = 50, node, code, ofBulk, outcome, ...query }: Conditions & HeldAt,
  key?: ExecutionQuery['key'],
): Promise<ExecutionPage> {
  const flowIds = await flowsOf(catalog, flowId, adapterId);
  const within = await scopesIn(scope, catalog);
  return executions.list({
    ...query,
    limit,
    held: heldWhere({ node, code, ofBulk, outcome }),
    ...(within === undefined ? {} : { within }),
    ...(flowIds === undefined ? {} : { flowIds }),
    ...(status === undefined ? {} : { status: typeof status === 'string' ? [status] : status }),
    ...(key === undefined ? {} : { key }),
  });
}

async function flowsOf(
  catalog: FlowCatalog,
  flowId: string | undefined,
  adapterId: string | undefined,
): Promise<readonly string[] | undefined> {
  if (adapterId === undefined) return flowId === undefined ? undefined : [flowId];
  const users = await catalog.usersOf(adapterId);
  return flowId === undefined ? users : users.filter((user) => user === flowId);
}

function heldWhere({ node, code, ofBulk, outcome }: HeldAt): NonNullable<ExecutionQuery['held']> {
  return {
    ...(node === undefined ? {} : { node }),
    ...(code === undefined ? {} : { code }),
    ...(ofBulk === undefined ? {} : { bulk: ofBulk }),
    ...(outcome === undefined ? {} : { outcomeKnown: outcome === 'known' }),
  };
}

function showResume(result: ResumeOutcome) {
  switch (result.outcome) {
    case 'resumed':
      return { resumed: true, executionId: result.executionId };
    case 'kept':
      return { resumed: false, keptUntil: result.untilMs, message: NOBODY_YET };
    case 'used':
      throw new AppError('RESUME_TOKEN_USED', 'input', 'This token was used before; the first message counts.', {
        fix: 'No action is needed; if the wait is still open, look at its execution.',
      });
    case 'over':
      throw new AppError('RESUME_WAIT_OVER', 'input', 'The execution that waited for this token continued without a message.', {
        fix: 'Look at the execution: its wait timed out. A message no longer has an effect there.',
      });
    case 'nobody':
      throw new AppError('RESUME_NOBODY_WAITS', 'input', 'No execution of this flow waits for this token.', {
        fix: 'Compare the token with the one that the flow creates; leave out onlyIfWaiting to keep the message for a later wait.',
      });
  }
}

const NOBODY_YET = {
  'zh-CN': '尚无执行以此令牌等待；消息保留至 keptUntil，供之后第一个以此令牌等待的执行使用。请核对令牌是否有误。',
  en: 'No execution waits for this token yet; the message is kept until keptUntil for the first one that does. Check the token for typing errors.',
};
