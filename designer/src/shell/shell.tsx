/** The frame of every page: navigation at the left, top bar, and the page. */
import { App as AntdApp } from 'antd';
import { Suspense } from 'react';
import { Outlet, useLocation } from 'react-router';
import { NoRight } from '../kit/feedback/error-box.tsx';
import { useKeepLiveFlows } from '../api/live-flows.ts';
import { useLiveRefresh } from './live-refresh.ts';
import { CommandPalette } from './command-palette.tsx';
import { ProductionBar } from './environment-tag.tsx';
import { useEnvironmentIcon } from '../session/environment.ts';
import { LostConnection } from './lost-connection.tsx';
import { Navigation } from './navigation.tsx';
import { AREAS } from '../kit/page/areas.ts';
import { useMay } from '../session/session-context.ts';
import styles from './shell.module.css';
import { TopBar } from './top-bar.tsx';

/**
 * Renders the frame. The contents of dialogs and messages need queries, session and links, so antd's <App> must be
 * inside their providers.
 */
export function Shell() {
  useLiveRefresh();
  useKeepLiveFlows();
  useEnvironmentIcon();
  return (
    <AntdApp component={false}>
      <div className={styles.frame}>
        <ProductionBar />
        <div className={styles.shell}>
          <Navigation />
          <div className={styles.right}>
            <TopBar />
            <LostConnection />
            <main className={styles.page} id="page" tabIndex={-1}>
              <Suspense fallback={null}>
                <Area />
              </Suspense>
            </main>
          </div>
          <CommandPalette />
        </div>
      </div>
    </AntdApp>
  );
}

/**
 * Shows the page, or that the user lacks the permission: a link from a colleague may point to an area that the user's
 * roles do not include.
 */
function Area() {
  const may = useMay();
  const { pathname } = useLocation();
  const area = AREAS.find(({ path }) => path === pathname.split('/')[1]);
  return area === undefined || may(area.right) ? <Outlet /> : <NoRight permission={area.right} />;
}
