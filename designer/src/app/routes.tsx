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

const PAGES: readonly RouteObject[] = [page('*', 'NotFoundPage', () => import('../pages/not-found-page.tsx'))];

export function createRouter(): ReturnType<typeof createBrowserRouter> {
  const pages: RouteObject[] = [{ index: true, element: <Navigate to="/overview" replace /> }, ...PAGES];
  return createBrowserRouter([
    { path: '/', Component: Shell, ErrorBoundary: PageFailed, children: [{ ErrorBoundary: PageFailed, children: pages }] },
  ]);
}
