import type { InterfaceDocument } from '../documents/interface-document.ts';

/** Two interfaces with the same route: front, method and path are equal, apart from parameter names. */
export interface RouteClash {
  readonly front: string;
  readonly method: string;
  readonly path: string;
  readonly first: InterfaceDocument;
  readonly second: InterfaceDocument;
}

/** Returns every clash with both interfaces, so that the error of publishing can name them. */
export function findRouteClashes(interfaces: Iterable<InterfaceDocument>): readonly RouteClash[] {
  const owners = new Map<string, InterfaceDocument>();
  const clashes: RouteClash[] = [];
  for (const document of interfaces) {
    const { front, method, path } = document;
    const route = `${front} ${method} ${path.replaceAll(/\/:[^/]*/g, '/:')}`;
    const first = owners.get(route);
    if (first === undefined) owners.set(route, document);
    else if (first.interfaceId !== document.interfaceId) clashes.push({ front, method, path, first, second: document });
  }
  return clashes;
}
