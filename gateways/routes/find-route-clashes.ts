import type { InterfaceDocument } from '../documents.ts';

/** Two interfaces that claim the same route: same front, method and path, names of parameters aside. */
export interface RouteClash {
  readonly front: string;
  readonly method: string;
  readonly path: string;
  readonly first: InterfaceDocument;
  readonly second: InterfaceDocument;
}

/** Every clash among the interfaces, both sides named, so that publishing can refuse with words that help. */
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
