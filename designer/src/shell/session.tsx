/** Shows the console to a logged-in user, and the login to everyone else. */
import { useEffect, useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { ApiError, call, LOGGED_OUT } from '../api/client.ts';
import { useQueryOf } from '../api/queries.ts';
import { removeAllDrafts } from '../editor/draft/draft-database.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { LoginAgain } from '../pages/login/login-again.tsx';
import { LoginPage } from '../pages/login/login-page.tsx';
import { NewPasswordPage } from '../pages/login/new-password-page.tsx';
import { SecondFactorPage } from '../pages/login/second-factor-page.tsx';
import { EnvironmentContext } from '../session/environment.ts';
import { SessionContext } from '../session/session-context.ts';
import { StepUpDialog } from './step-up-dialog.tsx';

/**
 * Shows the console or the login. When a session ends, the open page stays under the login dialog, so that unsaved work
 * is kept.
 */
export function Session({ children }: { readonly children: ReactNode }) {
  const me = useQueryOf('me.get', {});
  const client = useQueryClient();
  // The password as typed at login. It is kept only in memory, until the user has set a new password.
  const [typed, setTyped] = useState<string>();
  useEffect(() => {
    const ask = () => void client.invalidateQueries({ queryKey: ['me.get'] });
    window.addEventListener(LOGGED_OUT, ask);
    return () => window.removeEventListener(LOGGED_OUT, ask);
  }, [client]);
  const isDue = me.data?.mustChangePassword;
  useEffect(() => {
    if (isDue === false) setTyped(undefined);
  }, [isDue]);
  const enter = (password?: string) => {
    setTyped(password);
    void client.resetQueries();
  };
  if (me.isPending) return null;
  const isLoggedOut = me.error instanceof ApiError && me.error.status === 401;
  if (me.data === undefined && isLoggedOut) return <LoginPage onDone={enter} />;
  // If the platform cannot be reached, keep the last known user. An open page with unsaved work then stays.
  if (me.data === undefined) return <ErrorBox error={me.error} onRetry={() => void me.refetch()} isPage />;
  const again = () => enter();
  if (me.data.mustChangePassword) return <NewPasswordPage isOneTime={me.data.isPasswordOneTime} typed={typed} onDone={again} />;
  if (me.data.mustSetUpSecondFactor) {
    return (
      <>
        <SecondFactorPage onDone={again} />
        <StepUpDialog hasSecondFactor={false} />
      </>
    );
  }
  return (
    <SessionContext value={me.data}>
      <EnvironmentContext value={me.data.environment}>{children}</EnvironmentContext>
      <StepUpDialog hasSecondFactor={me.data.hasSecondFactor} />
      {isLoggedOut ? <LoginAgain name={me.data.name} onDone={() => client.invalidateQueries()} /> : null}
    </SessionContext>
  );
}

export async function logout(): Promise<void> {
  await call('me.logout', {}).catch(() => undefined);
  await removeAllDrafts().catch(() => undefined);
  window.location.assign('/');
}
