interface Page {
  readonly items: readonly unknown[];
  readonly next?: string;
}

/** Reads a list to its end. Returns one page with all items; its other fields are those of the last page. */
export async function readPages<Read extends Page>(read: (after: string | undefined) => Promise<Read>): Promise<Read> {
  const items: unknown[] = [];
  for (let after: string | undefined; ;) {
    const page = await read(after);
    items.push(...page.items);
    if (page.next === undefined) return { ...page, items };
    after = page.next;
  }
}
