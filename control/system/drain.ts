/**
 * Drains one gateway process, so that a load balancer takes it out, and lets it take calls again. The process keeps
 * running and remembers nothing: after a restart it takes calls.
 */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { PLAIN_TEXT } from '../../engine/contract/values/plain-text.ts';
import type { ProcessState } from '../../engine/processes/create-processes.ts';
import type { AskGateways, DrainedGateway } from '../../gateways/documents/gateway-questions.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface DrainServices {
  readonly askGateways: AskGateways;
  readonly engine: Pick<EngineView, 'processes'>;
}

/** The process as it replied. `inFlight` counts the calls that still run in each of its gateways. */
export interface DrainedProcess {
  readonly processId: string;
  readonly isDraining: boolean;
  readonly gateways: readonly DrainedGateway[];
}

const Input = Type.Object(
  {
    processId: Type.String({ minLength: 1, maxLength: 100 }),
    reason: Type.String({ minLength: 1, maxLength: 500, pattern: PLAIN_TEXT }),
  },
  closed,
);

export function drainActions(services: DrainServices): readonly Action[] {
  return [drain(services), resume(services)];
}

function drain(services: DrainServices): Action {
  return defineAction({
    name: 'gateways.drain',
    right: 'gateways.drain',
    domain: 'all',
    text: {
      'zh-CN': '排空一个网关进程：就绪检查失败，负载均衡不再分配新请求，处理中的请求正常完成，进程继续运行',
      en: 'Drain a gateway process: it is not ready, so that load balancers take it out; it completes its calls and keeps running',
    },
    input: Input,
    audited: true,
    subject: ({ processId }) => processId,
    run: (ctx, { processId, reason }) => setDraining(services, ctx, { processId, reason, isDraining: true }),
  });
}

function resume(services: DrainServices): Action {
  return defineAction({
    name: 'gateways.resume',
    right: 'gateways.drain',
    domain: 'all',
    text: { 'zh-CN': '结束排空：网关进程恢复就绪，重新接受请求', en: 'End the drain of a gateway process: it is ready for calls again' },
    input: Input,
    audited: true,
    subject: ({ processId }) => processId,
    run: (ctx, { processId, reason }) => setDraining(services, ctx, { processId, reason, isDraining: false }),
  });
}

async function setDraining(
  { askGateways, engine }: DrainServices,
  { note }: Pick<ActionContext, 'note'>,
  { processId, reason, isDraining }: { readonly processId: string; readonly reason: string; readonly isDraining: boolean },
): Promise<DrainedProcess> {
  note.reason = reason;
  const process = (await engine.processes.list()).find((one) => one.processId === processId);
  if (process?.state !== 'alive' || process.gateways === undefined || process.gateways.length === 0) throw gone(processId);
  const { host, pid } = process;
  note.after = { host, pid, fronts: process.gateways.map(({ front }) => front) };
  const { replies } = await askGateways({ kind: 'drain', processId, isDraining });
  const gateways = replies.flatMap(({ reply }) => (reply.kind === 'drain' ? reply.gateways : []));
  if (gateways.length === 0) throw silent(process);
  return { processId, isDraining, gateways };
}

function gone(processId: string): AppError {
  return new AppError('GATEWAY_PROCESS_GONE', 'input', `The gateway process ${processId} does not run any more.`, {
    values: { processId },
    fix: 'Read the list of gateways again. A process that was restarted has a new id and takes calls.',
  });
}

function silent({ host, pid }: ProcessState): AppError {
  return new AppError('GATEWAY_PROCESS_SILENT', 'transient', `The gateway process ${pid} on ${host} was asked, but did not reply.`, {
    values: { host, pid },
    fix:
      'It may still do it: look at the page Gateways in ten seconds. If its state is unchanged, try again, and check ' +
      'the connection of the process to the shared state.',
  });
}
