import { Button } from 'antd';
import { CircleX, LockKeyhole, Unplug } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Permission } from '../../../../engine/contract/access/access.ts';
import { ApiError, ConfirmationGivenUp } from '../../api/client.ts';
import { sentences } from '../../i18n/sentences.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { useErrorWords } from './error-words.ts';
import { RIGHT_TEXTS } from '../../i18n/right-words.ts';
import { CopyText } from '../text/copy-text.tsx';
import styles from './error-box.module.css';
import { useWhoMay } from './who-may.ts';
import { usePageTitle } from '../page/use-page-title.ts';

const TEXTS = defineTexts({
  retry: ['重试', 'Try again'],
  code: ['错误代码', 'Code'],
  request: ['请求编号', 'Request'],
  noRight: ['没有权限', 'Not allowed'],
  noRightWhy: [
    '此处需要“{{right}}”的权限（{{permission}}），持有它的角色：{{roles}}。',
    'This requires the right to {{right}} ({{permission}}), which these roles give: {{roles}}.',
  ],
  noRightFix: [
    '请持有该角色的人办理，或请系统管理员授予您角色（安全、审计管理员的角色由同类管理员授予）。',
    'Ask someone with such a role, or ask the system administrator for the role (the roles of security and audit administrators are given by an administrator of the same kind).',
  ],
});

interface ErrorBoxProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** True if the box takes the place of a whole page. */
  readonly isPage?: boolean;
  /** Shown instead of the plain list of problems, for example with links to them. */
  readonly problems?: ReactNode;
}

/** Thrown when a dialog already shows the error with its details. The error box then shows nothing. */
export class ShownInPlaceError extends Error {}

/**
 * Shows what happened, why, and what to do, for any error. Lists every problem of a document. Renders nothing for an
 * action that the user cancelled.
 */
export function ErrorBox({ error, onRetry, isPage = false, problems }: ErrorBoxProps) {
  const t = useTexts(TEXTS);
  const { title, fix, original, issues } = useErrorWords(error)(error);
  if (error instanceof ConfirmationGivenUp || error instanceof ShownInPlaceError) return null;
  const isUnreachable = error instanceof ApiError && error.status === 0;
  const Icon = isUnreachable ? Unplug : CircleX;
  return (
    <div className={isPage ? `${styles.box} ${styles.page}` : styles.box} role="alert">
      <Icon size={20} className={styles.icon ?? ''} />
      <div className={styles.words}>
        <Title isPage={isPage}>{title}</Title>
        {fix === undefined ? null : <div>{fix}</div>}
        {original === undefined ? null : (
          <blockquote className={styles.original} lang="en">
            {original}
          </blockquote>
        )}
        {problems ??
          (issues.length === 0 ? null : (
            <ul className={styles.issues}>
              {issues.map(({ path, what, advice, original: told }, index) => (
                <li key={index}>
                  {path === '' ? null : <code>{path}</code>} {sentences(what, advice)} {told === undefined ? null : <q lang="en">{told}</q>}
                </li>
              ))}
            </ul>
          ))}
        {error instanceof ApiError && error.code !== 'UNREACHABLE' ? (
          <div className={styles.details}>
            {t('code')} <code>{error.code}</code>
            {error.requestId === undefined ? null : (
              <>
                {' · '}
                {t('request')} <CopyText text={error.requestId} isShort />
              </>
            )}
          </div>
        ) : null}
        {onRetry === undefined ? null : (
          <Button className={styles.retry ?? ''} onClick={onRetry}>
            {t('retry')}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Shows the title. If the box takes the place of a page, the title is the page's heading. */
function Title({ isPage, children }: { readonly isPage: boolean; readonly children: string }) {
  usePageTitle(isPage ? children : undefined);
  return isPage ? <h1 className={styles.title}>{children}</h1> : <div className={styles.title}>{children}</div>;
}

/** Shows that the user lacks a permission, in place of the content. */
export function NoRight({ permission }: { readonly permission: Permission }) {
  const t = useTexts(TEXTS);
  const right = useTexts(RIGHT_TEXTS);
  const whoMay = useWhoMay();
  return (
    <div className={`${styles.box} ${styles.page} ${styles.quiet}`}>
      <LockKeyhole size={20} className={styles.icon ?? ''} />
      <div className={styles.words}>
        <Title isPage>{t('noRight')}</Title>
        <div>{t('noRightWhy', { right: right(permission), permission, roles: whoMay(permission) })}</div>
        <div>{t('noRightFix')}</div>
      </div>
    </div>
  );
}
