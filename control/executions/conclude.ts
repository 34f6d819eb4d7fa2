/**
 * Ends a held execution whose write succeeded. Marks it as done, with or without a reply for the caller that still
 * waits for one.
 */
import { Type, type Static } from 'typebox';
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';
import { createMessage } from '../../engine/contract/values/message.ts';
import { valuesBy } from '../../engine/contract/values/named-values.ts';
import type { Reply } from '../../engine/contract/node/node.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import { all, type Owners } from '../action/owners.ts';
import type { ExecutionCatalog } from '../../engine/operate/interface.ts';
import type { CheckBySchema } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';

export interface ConcludeServices {
  readonly executions: ExecutionCatalog;
  readonly registry: Registry;
  readonly checkBySchema: CheckBySchema;
  readonly owners: Owners;
}

export interface ConcludeAnswer {
  readonly executionId: string;
  readonly concluded: true;
}

const GivenReply = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 599 }),
    headers: Type.Optional(valuesBy('header', Type.String({ maxLength: 2000, pattern: '^[^\\r\\n]*$' }), { maxProperties: 50 })),
    data: Type.Unknown({ description: 'The body' }),
    form: Type.Optional(Type.Enum(['json', 'text', 'base64'] as const, { description: 'The form of `data`' })),
    mediaType: Type.Optional(Type.String({ pattern: '^[a-z]+/[A-Za-z0-9.+-]+$', maxLength: 100 })),
  },
  closed,
);

const ConcludeInput = Type.Object(
  {
    executionId: Type.String({ minLength: 1, maxLength: 100 }),
    attempt: Type.Integer({
      minimum: 1,
      description: 'The `attempt` that was shown when the decision was made; the call is refused if the execution has continued since',
    }),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    wasDone: Type.Optional(
      Type.Boolean({ description: 'Confirms that the other side was asked and that the write with the unknown outcome was done' }),
    ),
    reply: Type.Optional(GivenReply),
  },
  closed,
);

export function concludeActions(services: ConcludeServices): readonly Action[] {
  const { owners } = services;
  return [
    defineAction({
      name: 'executions.conclude',
      right: 'executions.retry',
      domain: ({ executionId }) => all(owners.execution(executionId)),
      text: {
        'zh-CN': '按已办理结束挂起的执行，可给出调用方应得的应答；须说明理由',
        en: 'End a held execution as done, with a reply for its caller if one is given; requires a reason',
      },
      input: ConcludeInput,
      audited: true,
      subject: ({ executionId }) => executionId,
      async run(ctx, { executionId, attempt, reason, wasDone = false, reply: given }): Promise<ConcludeAnswer> {
        // To write the reply, a person must be allowed to see the message.
        if (given !== undefined) ctx.require('executions.payload');
        ctx.note.reason = reason;
        const reply = given && toReply(given);
        if (reply) await assertFitting(reply, executionId, services, ctx);
        const { actor } = ctx;
        await services.executions.conclude(executionId, {
          actor: actor.account,
          reason,
          attempt,
          wasDone,
          ...(reply === undefined ? {} : { reply }),
        });
        ctx.note.after = { hasReply: reply !== undefined, ...(reply === undefined ? {} : { status: reply.status }) };
        return { executionId, concluded: true };
      },
    }),
  ];
}

const MEDIA_TYPES = { json: 'application/json', text: 'text/plain', base64: 'application/octet-stream' } as const;

function toReply({ status, headers = {}, data, form = 'json', mediaType = MEDIA_TYPES[form] }: Static<typeof GivenReply>): Reply {
  if (form !== 'json' && typeof data !== 'string') {
    throw new AppError('REPLY_FORM_WRONG', 'input', 'A text or base64 body must be a string.', {
      fix: 'Send `data` as a string, or leave `form` out.',
    });
  }
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const body = form === 'base64' ? new Uint8Array(Buffer.from(data as string, 'base64')) : data;
  return { status, headers: lower, message: createMessage(body, { mediaType }) };
}

/**
 * Throws REPLY_NOT_FITTING (input) if a successful reply fits no response schema of the interfaces that call the flow,
 * since callers expect one of these.
 */
async function assertFitting(
  { status, message }: Reply,
  executionId: string,
  { executions, registry, checkBySchema }: ConcludeServices,
  { actor, domains }: Pick<ActionContext, 'actor' | 'domains'>,
): Promise<void> {
  if (status >= 300) return;
  const { flowId } = existing(await executions.get(executionId, { payload: false }), executionId);
  const leading = (await registry.interfaces.list()).filter(({ target }) => target.kind === 'flow' && target.flowId === flowId);
  // The error names the first interface, so start with those that the person may see.
  const interfaces = [...domains.keep(leading), ...leading.filter(({ domain }) => !domains.holds(domain))];
  const found = await Promise.all(
    interfaces.map(async ({ responseSchema }) =>
      responseSchema === undefined ? undefined : checkBySchema(responseSchema, message.data, actor.account),
    ),
  );
  if (found.length === 0 || found.includes(undefined)) return;
  throw new AppError('REPLY_NOT_FITTING', 'input', 'The reply does not match the response schema of the interface.', {
    values: { interfaceId: interfaces[0]!.interfaceId },
    fix: 'Correct the listed places.',
    issues: found[0]!.map(({ path, message: what }): Issue => ({
      path: `/reply/data${path}`,
      code: 'REPLY_NOT_FITTING',
      message: what,
      severity: 'error',
    })),
  });
}
