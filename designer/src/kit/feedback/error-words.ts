/** Describes an error in the user's language: what happened and why, what to do, and each problem. */
import { useCallback } from 'react';
import { ApiError } from '../../api/client.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { useErrorText } from './use-error-text.ts';

const TEXTS = defineTexts({
  unreachable: ['连不上平台', 'The platform cannot be reached'],
  unreachableFix: [
    '请检查网络。连接恢复后，列表会自动更新；刚才的操作没有执行的，请再点一次。',
    'Check the network. Lists reload automatically; repeat an action that was not done.',
  ],
  broken: ['页面出错了', 'An error occurred on this page'],
  brokenFix: [
    '请刷新页面；若仍出现，请把错误代码告诉平台管理员。',
    'Reload the page; if it happens again, tell the administrator of the platform.',
  ],
});

export interface ErrorWords {
  readonly title: string;
  readonly fix: string | undefined;
  /** The platform's English sentence, if it says more than the translated text. It is shown in small print. */
  readonly original: string | undefined;
  readonly issues: readonly {
    readonly path: string;
    readonly what: string;
    readonly advice: string;
    readonly original: string | undefined;
  }[];
}

/**
 * Returns a function that describes errors. `known` is an error that is already on the screen: the objects whose ids it
 * contains are loaded, so that their names can be shown.
 */
export function useErrorWords(known?: unknown): (error: unknown) => ErrorWords {
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const toldOf = useErrorText(...(known instanceof ApiError ? [known, ...known.issues] : []));
  return useCallback(
    (error) => {
      if (!(error instanceof ApiError)) return { title: t('broken'), fix: t('brokenFix'), original: undefined, issues: [] };
      if (error.status === 0 || error.code === 'UNREACHABLE')
        return { title: t('unreachable'), fix: t('unreachableFix'), original: undefined, issues: [] };
      const { what, fix, original } = toldOf(error);
      const issues = error.issues.map((issue) => {
        const told = toldOf(issue);
        // Chinese texts end without a full stop, because most are shown alone. Here the advice follows, so add one.
        const stop = language === 'zh-CN' && told.fix !== undefined ? '。' : '';
        return { path: issue.path, what: told.what + stop, advice: told.fix ?? '', original: told.original };
      });
      return { title: what, fix, original, issues };
    },
    [language, t, toldOf],
  );
}
