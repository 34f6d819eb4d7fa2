/** Every page and its address. Pages are loaded when they are first opened. */
import type { ComponentType } from 'react';
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { PageFailed } from './page-failed.tsx';
import { Shell } from './shell.tsx';

type Loader = () => Promise<Readonly<Record<string, unknown>>>;

const page = (path: string, name: string, load: Loader): RouteObject => ({
  path,
  lazy: async () => ({ Component: (await load())[name] as ComponentType }),
});

const PAGES: readonly RouteObject[] = [
  page('overview', 'OverviewPage', () => import('../pages/overview/overview-page.tsx')),
  page('flows', 'FlowsPage', () => import('../pages/flows/flows-page.tsx')),
  page('flows/:flowId', 'FlowEditorPage', () => import('../editor/flow-editor-page.tsx')),
  page('adapters', 'AdaptersPage', () => import('../pages/adapters/adapters-page.tsx')),
  page('adapters/new', 'NewAdapterPage', () => import('../pages/adapters/new-adapter-page.tsx')),
  page('adapters/:adapterId', 'AdapterPage', () => import('../pages/adapters/adapter-page.tsx')),
  page('messages', 'MessagesPage', () => import('../pages/messages/messages-page.tsx')),
  page('messages/:executionId', 'MessagePage', () => import('../pages/messages/message/message-page.tsx')),
  page('messages/:executionId/resend', 'ResendPage', () => import('../pages/messages/resend/resend-page.tsx')),
  page('held', 'HeldPage', () => import('../pages/held/held-page.tsx')),
  page('held/messages', 'HeldMessagesPage', () => import('../pages/held/held-messages-page.tsx')),
  page('interfaces', 'InterfacesPage', () => import('../pages/interfaces/interfaces-page.tsx')),
  page('interfaces/new', 'NewInterfacePage', () => import('../pages/interfaces/new-interface-page.tsx')),
  page('interfaces/:interfaceId', 'InterfacePage', () => import('../pages/interfaces/interface-page.tsx')),
  page('calls', 'CallsPage', () => import('../pages/calls/calls-page.tsx')),
  page('calls/simulate', 'SimulatePage', () => import('../pages/calls/simulate-page.tsx')),
  page('gateways', 'GatewaysPage', () => import('../pages/gateways/gateways-page.tsx')),
  page('brokers', 'BrokersPage', () => import('../pages/brokers/brokers-page.tsx')),
  page('brokers/:adapterId', 'BrokerPage', () => import('../pages/brokers/broker-page.tsx')),
  page('flow-data', 'FlowDataPage', () => import('../pages/flow-data/flow-data-page.tsx')),
  page('topics', 'TopicsPage', () => import('../pages/topics/topics-page.tsx')),
  page('extensions', 'ExtensionsPage', () => import('../pages/extensions/extensions-page.tsx')),
  page('security', 'SecurityPage', () => import('../pages/security/security-page.tsx')),
  page('secrets', 'SecretsPage', () => import('../pages/secrets/secrets-page.tsx')),
  page('callers', 'CallersPage', () => import('../pages/callers/callers-page.tsx')),
  page('callers/new', 'NewAppPage', () => import('../pages/callers/new-app-page.tsx')),
  page('callers/:appId', 'CallerPage', () => import('../pages/callers/caller-page.tsx')),
  page('code-tables', 'CodeTablesPage', () => import('../pages/tables/code-tables-page.tsx')),
  page('code-tables/:tableId', 'CodeTablePage', () => import('../pages/tables/code-table-page.tsx')),
  page('requests', 'RequestsPage', () => import('../pages/requests/requests-page.tsx')),
  page('accounts', 'AccountsPage', () => import('../pages/accounts/accounts-page.tsx')),
  page('me', 'MePage', () => import('../pages/accounts/me-page.tsx')),
  page('alarms', 'AlarmsPage', () => import('../pages/alarms/alarms-page.tsx')),
  page('audit', 'AuditPage', () => import('../pages/audit/audit-page.tsx')),
  page('system', 'SystemPage', () => import('../pages/system/system-page.tsx')),
  page('*', 'NotFoundPage', () => import('./not-found-page.tsx')),
];

export function createRouter(): ReturnType<typeof createBrowserRouter> {
  const pages: RouteObject[] = [{ index: true, element: <Navigate to="/overview" replace /> }, ...PAGES];
  return createBrowserRouter([
    { path: '/', Component: Shell, ErrorBoundary: PageFailed, children: [{ ErrorBoundary: PageFailed, children: pages }] },
  ]);
}
