/** The frame of every page: navigation at the left, top bar, and the page. */
import { Suspense } from 'react';
import { Outlet } from 'react-router';
import { useKeepLiveFlows } from './live-flows.ts';
import { useLiveRefresh } from './live-refresh.ts';
import { CommandPalette } from './command-palette.tsx';
import { ProductionBar } from './environment-tag.tsx';
import { useEnvironmentIcon } from './environment.ts';
import { LostConnection } from './lost-connection.tsx';
import { Navigation } from './navigation.tsx';
import styles from './shell.module.css';
import { TopBar } from './top-bar.tsx';

export function Shell() {
  useLiveRefresh();
  useKeepLiveFlows();
  useEnvironmentIcon();
  return (
    <div className={styles.frame}>
      <ProductionBar />
      <div className={styles.shell}>
        <Navigation />
        <div className={styles.right}>
          <TopBar />
          <LostConnection />
          <main className={styles.page} id="page" tabIndex={-1}>
            <Suspense fallback={null}>
              <Outlet />
            </Suspense>
          </main>
        </div>
        <CommandPalette />
      </div>
    </div>
  );
}
