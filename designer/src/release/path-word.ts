/**
 * Converts a name to a word for an address. Chinese is converted to pinyin, and words are joined by hyphens. The pinyin
 * tables are large, so they are loaded only when needed.
 */
export async function pathWord(name: string): Promise<string> {
  const { pinyin } = await import('pinyin-pro');
  return pinyin(name, { toneType: 'none', type: 'array', nonZh: 'consecutive', v: true })
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
}
