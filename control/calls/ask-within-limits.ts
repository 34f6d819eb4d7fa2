/** Questions to gateways cost them computing time, so each account may have only some open at once. */
import { AppError } from '../../engine/contract/values/errors.ts';
import type { AskGateways, GatewayQuestion, HeardReplies } from '../../gateways/documents/gateway-questions.ts';
import type { ActionContext } from '../action/action.ts';

const MOST_OF_ACCOUNT = 2;
const MOST = 16;

export type AskWithinLimits = (ctx: Pick<ActionContext, 'actor' | 'signal'>, question: GatewayQuestion) => Promise<HeardReplies>;

/**
 * Creates the questions of people. A question rejects with CALL_SEARCH_BUSY (transient) if its account, or all
 * together, have too many open, and with GATEWAY_BUSY or GATEWAY_SILENT (transient) if gateways run and none replied.
 * It ends when the client disconnects.
 */
export function createAskWithinLimits(askGateways: AskGateways): AskWithinLimits {
  const open = new Map<string, number>();
  let all = 0;
  return async ({ actor: { account }, signal }, question) => {
    const ofAccount = open.get(account) ?? 0;
    if (ofAccount >= MOST_OF_ACCOUNT) throw tooMany('account');
    if (all >= MOST) throw tooMany('all');
    open.set(account, ofAccount + 1);
    all++;
    try {
      return requireReply(await askGateways(question, signal));
    } finally {
      all--;
      const left = open.get(account)! - 1;
      if (left === 0) open.delete(account);
      else open.set(account, left);
    }
  };
}

/** An empty result would say that there is no such call. */
function requireReply({ replies, asked }: HeardReplies): HeardReplies {
  const heard = replies.filter(({ reply }) => reply.kind !== 'busy');
  if (heard.length > 0 || asked === 0) return { replies: heard, asked };
  if (replies.length > 0)
    throw new AppError('GATEWAY_BUSY', 'transient', 'The gateways are busy with other searches.', {
      fix: 'Try again in some seconds, or search a shorter time.',
      retryAfterMs: 3000,
    });
  throw new AppError('GATEWAY_SILENT', 'transient', `None of ${asked} gateway processes has replied.`, {
    values: { problem: 'all', count: asked },
    fix: 'Try again in some seconds. If it stays so, look at the page "Gateways".',
    retryAfterMs: 3000,
  });
}

function tooMany(problem: 'account' | 'all'): AppError {
  const text = problem === 'account' ? `This account has ${MOST_OF_ACCOUNT} searches open.` : `${MOST} searches are open.`;
  return new AppError('CALL_SEARCH_BUSY', 'transient', text, {
    values: { problem, count: problem === 'account' ? MOST_OF_ACCOUNT : MOST },
    fix: 'Wait until one of them has ended, then try again.',
    retryAfterMs: 3000,
  });
}
