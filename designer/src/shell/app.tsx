/** The console's providers, from the outermost to the innermost: theme, language, queries, session, pages. */
import { QueryClientProvider } from '@tanstack/react-query';
import { ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { useMemo } from 'react';
import { RouterProvider } from 'react-router';
import { createQueryClient } from '../api/queries.ts';
import { COMPONENT_ICONS } from './component-icons.tsx';
import { cspNonce } from '../kit/code/csp-nonce.ts';
import { LastResort } from './last-resort.tsx';
import { usePreferences } from '../kit/theme/preferences.ts';
import { createRouter } from './routes.tsx';
import { Session } from './session.tsx';
import { antdTheme } from '../kit/theme/theme.ts';

export function App() {
  const { language, scheme, isMotionReduced } = usePreferences();
  const theme = useMemo(() => antdTheme(scheme, isMotionReduced), [scheme, isMotionReduced]);
  const client = useMemo(createQueryClient, []);
  const router = useMemo(createRouter, []);
  dayjs.locale(language === 'zh-CN' ? 'zh-cn' : 'en');
  return (
    <ConfigProvider
      theme={theme}
      locale={language === 'zh-CN' ? zhCN : enUS}
      csp={{ nonce: cspNonce() }}
      componentSize="middle"
      {...COMPONENT_ICONS}
    >
      <LastResort>
        <QueryClientProvider client={client}>
          <Session>
            <RouterProvider router={router} />
          </Session>
        </QueryClientProvider>
      </LastResort>
    </ConfigProvider>
  );
}
