/** Turns FHIR requests into messages of a flow, and its replies into FHIR answers. */
import type { CallDoor, CallDoorContext, OpenedCall } from '../../../engine/contract/node/call-door.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { type Message, withData } from '../../../engine/contract/values/message.ts';
import { inTurns } from '../../shared/in-turns.ts';
import { resourceSteps } from '../r4/check-resource.ts';
import { answerTo } from './answer.ts';
import { capabilityStatement } from './capability.ts';
import type { Endpoint } from './endpoint.ts';
import { entrySteps, readRequest, type FhirRequest, type RawRequest } from './read-request.ts';
import { fhirReply, outcomeReply, Refusal } from './refusal.ts';

export function createFhirDoor(endpoint: Endpoint): CallDoor {
  return {
    readsQuery: true,
    async open(message, ctx) {
      try {
        return await openCall(message, ctx, endpoint);
      } catch (error) {
        if (error instanceof Refusal) return { answer: outcomeReply(error.status, error.issues) };
        throw error;
      }
    },
    checkReply({ data, headers }, reply) {
      const raw = { method: '', rawQuery: '', params: {}, headers, body: null };
      answerTo(reply, data as FhirRequest, raw, endpoint);
    },
  };
}

async function openCall(message: Message, ctx: CallDoorContext, endpoint: Endpoint): Promise<OpenedCall> {
  const raw = rawOf(message, ctx);
  const request = readRequest(raw, endpoint);
  if (request.interaction === 'capabilities') return { answer: fhirReply(200, capabilityStatement(endpoint, ctx.clock.now())) };
  await inTurns(entrySteps(request, endpoint), ctx.signal);
  if (endpoint.checks && request.resource !== null) await check(request, ctx);
  const { user } = message.data as { readonly user?: unknown };
  return {
    message: withData(message, { ...request, ...(user === undefined ? {} : { user }) }, 'application/json'),
    answerTo: (reply) => answerTo(reply, request, raw, endpoint),
    accepted: outcomeReply(202, [{ type: 'informational', text: 'The request is stored and will be processed.', severity: 'information' }]),
  };
}

function rawOf({ data, headers }: Message, { request }: CallDoorContext): RawRequest {
  const { body, params } = data as { readonly body: unknown; readonly params: Readonly<Record<string, string>> };
  if (request === undefined)
    throw new AppError('FHIR_REQUEST', 'input', 'The flow takes FHIR requests that come through a gateway.', {
      fix: 'Call its interface.',
    });
  return { method: request.method, rawQuery: request.rawQuery, params, headers, body };
}

async function check({ resource }: FhirRequest, { signal }: CallDoorContext): Promise<void> {
  const problems = await inTurns(resourceSteps(resource), signal);
  if (problems.length === 0) return;
  throw new Refusal(
    400,
    problems.map(({ place, text }) => ({ type: 'structure', text: text.en, place, code: 'FHIR_CHECK_FAILED' })),
  );
}
