/** Who is logged in and what they may do. */
import { use, useEffect, useState, type ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { Permission } from '../../../engine/contract/access/access.ts';
import { ApiError, call, LOGGED_OUT } from '../api/client.ts';
import type { Me } from '../api/outputs.ts';
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

/** Shows the console to who is logged in, the login to who is not. A session that ends takes no open page with it. */
export function Session({ children }: { readonly children: ReactNode }) {
  const me = useQueryOf('me.get', {});
  const client = useQueryClient();
  // In this page alone, until it was replaced by the person's own.
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
  // A platform that is away must not take an open, unsaved page with it: the last known person stays.
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

export function useMe(): Me {
  const me = use(SessionContext);
  if (me === undefined) throw new Error('used outside of <Session>');
  return me;
}

/** `const may = useMay(); may('flows.edit')`. The server decides again; this only spares a person a refusal. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}

/** May the person edit what belongs to this domain? Without one it belongs to the whole installation. */
export function useHolds(): (domain: string | undefined) => boolean {
  const { domains } = useMe();
  return (domain) => domains === 'all' || (domain !== undefined && domains.includes(domain));
}

export async function logout(): Promise<void> {
  await call('me.logout', {}).catch(() => undefined);
  await removeAllDrafts().catch(() => undefined);
  window.location.assign('/');
}
