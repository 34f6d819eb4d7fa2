/**
 * Maps the error code of a failed or held message to one of a few causes. Describes the cause in words, so that an
 * operator knows what to do.
 */
import { useCallback } from 'react';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { listGatewayErrors } from '../../../gateways/errors.ts';
import { causeOf, waitsForOther, type Repeat } from '../model/problems/error-causes.ts';
import { defineTexts, useLanguage, useTexts, type Language } from './texts.ts';

const TEXTS = defineTexts({
  unreachable: ['连不上对方系统', 'The other system cannot be reached'],
  unreachableFix: ['没有办成。请看对方系统与网络。', 'Nothing was done. Check that system and the network.'],
  busy: ['对方繁忙或限流', 'The other system is busy'],
  busyFix: ['没有办成。批量时放慢速度。', 'Nothing was done. When you process many, lower the rate.'],
  byItself: ['恢复后会自动继续。', 'It continues automatically when the system is available again.'],
  byRetry: ['恢复后请重试，它不会自动继续。', 'Retry when the system is available again; it does not continue automatically.'],
  byResend: ['恢复后可用“更正后重发”。', 'When the system is available again, use “Correct and resend”.'],
  byCaller: ['恢复后，调用方可放心再次调用。', 'When the system is available again, the caller can safely call again.'],
  unanswered: ['发出后没有收到结果', 'Sent, but the outcome is unknown'],
  unansweredFix: [
    '对方可能已经办成。请先向对方核对：没有办成的重试，已办成的按已办理结束。',
    'The other side may have done it. Ask first: retry what was not done, and end as done what was done.',
  ],
  unreadable: ['对方已应答，但应答无法读取', 'The response cannot be read'],
  unreadableFix: [
    '对方可能已经办成，请先向对方核对；再更正应答的读取方式（格式、字符集）。',
    'The other side may have done it: ask first. Then correct how the response is read (format, charset).',
  ],
  refused: ['对方拒绝了内容', 'The other system refused it'],
  refusedFix: [
    '原样重试多半还会被拒。请看对方的说明，更正后重发。',
    'The same message will be refused again. See the reason, then correct and resend.',
  ],
  broken: ['对方系统内部出错', 'The other system failed'],
  brokenFix: ['请对方运维查明；写操作先核对是否已办成。', 'Ask its operators; for a write, ask whether it was done.'],
  code: ['代码表中没有这个代码', 'A code is missing in a code table'],
  codeFix: [
    '在代码表中补充该代码，再选“用现在的代码表”重试；同一通道里排在后面的一并改用。',
    'Add the code to the table, then retry with the current code tables; messages that wait behind it in the lane use them too.',
  ],
  content: ['消息内容不符合要求', 'The content is not valid'],
  contentFix: [
    '更正内容后重发；若是流程的映射或脚本有误，改好发布后再重发。',
    'Correct and resend; if a mapping or script is wrong, publish the corrected flow first.',
  ],
  setup: ['平台配置缺失或有误', 'Something is not configured'],
  setupFix: ['请补齐适配器、凭据或子流程，再重试。', 'Complete the adapter, secret or sub-flow, then retry.'],
  prepared: ['重发没有完成', 'A resend was not finished'],
  preparedFix: ['重试即可完成；不要了就取消。', 'Retry to finish it, or cancel it.'],
  afterWrite: ['已办理，随后流程出错', 'Done, then the flow failed'],
  afterWriteFix: [
    '写操作已生效，不要重新发送。打开消息：继续执行、给出应答，或按已办理结束。',
    'The write was done. Do not send it again. Open the message: continue it, give the reply, or end it as done.',
  ],
  left: ['调用方没有等到应答就断开', 'The caller disconnected before the response'],
  leftFix: ['请看处理为何慢，以及调用方等多久。', 'See why it takes so long, and how long the caller waits.'],
  platform: ['平台自身的缺陷', 'An error of the platform'],
  platformFix: ['请把错误代码和消息编号告诉平台管理员。', 'Tell the administrator of the platform its code and message id.'],
  other: ['流程报告的错误', 'An error reported by the flow'],
  otherFix: ['打开消息，看停下的节点与错误。', 'Open a message and look at the node where it stopped.'],
});

/**
 * The texts of a gateway's errors by code. They are more precise than the description of a cause. In an English
 * message, the text after the colon is the advice.
 */
const GATEWAY_ANSWERS = new Map(
  listGatewayErrors().map(({ code, message }) => {
    const [what = '', fix = ''] = message.replace(/\.$/, '').split(': ');
    return [code, { message: what, fix: `${fix.charAt(0).toUpperCase()}${fix.slice(1)}` }];
  }),
);

export interface CauseWords {
  readonly what: string;
  /** What the user should do. */
  readonly fix: string;
  /**
   * How the message continues once the other system works again. The text is also part of `fix`. Absent if the message
   * does not continue then.
   */
  readonly again?: string;
}

const REPEATS = { itself: 'byItself', retry: 'byRetry', resend: 'byResend', caller: 'byCaller' } as const;

/** Returns a function that describes the cause of an error code. If `repeat` is absent, the message counts as held. */
export function useCauseWords(): (code: string, repeat?: Repeat) => CauseWords {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return useCallback(
    (code, repeat = 'retry') => {
      const answer = GATEWAY_ANSWERS.get(code);
      if (answer !== undefined) {
        const { what, fix = '' } = errorText({ code, ...answer }, language);
        return { what, fix };
      }
      const cause = causeOf(code);
      const words = { what: t(cause), fix: t(`${cause}Fix`) };
      if (repeat === 'nobody' || !waitsForOther(cause)) return words;
      const again = t(REPEATS[repeat]);
      return { ...words, fix: joined(language, words.fix, again), again };
    },
    [t, language],
  );
}

/** Joins sentences with a space; in Chinese without one. */
export function joined(language: Language, ...sentences: readonly (string | undefined)[]): string {
  return sentences.filter(Boolean).join(language === 'zh-CN' ? '' : ' ');
}
