// All pages of a list operation, up to `max` items; `more` says that there are others.
export async function everything<Item>(
  ask: (token: string | undefined) => Promise<{ items: readonly Item[]; next: string | undefined }>,
  max: number,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let token: string | undefined;
  do {
    const page = await ask(token);
    items.push(...page.items);
    token = page.next;
  } while (token !== undefined && items.length < max);
  return { items, more: token !== undefined };
}
