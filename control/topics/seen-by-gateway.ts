/** Number of the last event or call that was recorded, by gateway. */
export type SeenByGateway = Readonly<Record<string, number>>;

/** Gateways that are gone do not stay in the list for ever. */
const MOST_GATEWAYS = 500;

export function latestOf(seen: SeenByGateway, next: SeenByGateway): SeenByGateway {
  const others = Object.entries(seen).filter(([gateway]) => !(gateway in next));
  return Object.fromEntries([...others, ...Object.entries(next)].slice(-MOST_GATEWAYS));
}
