/** Key combinations in two forms: as the list of actions contains them, and as the user sees them. */

/** Returns the pressed key combination, such as `Ctrl+Shift+G`. The command key of a Mac counts as Ctrl. */
export function keyOf(event: KeyboardEvent): string {
  const { ctrlKey, metaKey, altKey, shiftKey, key, code } = event;
  // With Alt, some keyboards produce another letter, so use the physical key.
  const name = altKey && code.startsWith('Key') ? code.slice(3) : key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key;
  const isShiftNamed = shiftKey && (name.length > 1 || /\p{L}/u.test(name));
  return [...(ctrlKey || metaKey ? ['Ctrl'] : []), ...(altKey ? ['Alt'] : []), ...(isShiftNamed ? ['Shift'] : []), name].join('+');
}

/** Returns whether the key enters text: a letter, a digit, or the first key of an input method. */
export function isTyping({ key, ctrlKey, metaKey, altKey, isComposing }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return false;
  return (
    isComposing || key === 'Process' || (key.length === 1 && /[\p{L}\p{N}]/u.test(key)) || ([...key].length === 1 && /\p{L}/u.test(key))
  );
}

const isMac = /mac/i.test(navigator.platform);
const SHOWN: Readonly<Record<string, string>> = {
  Ctrl: isMac ? '⌘' : 'Ctrl',
  Alt: isMac ? '⌥' : 'Alt',
  Shift: isMac ? '⇧' : 'Shift',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** Returns a key combination as the user sees it: on a Mac, `Ctrl+Shift+G` becomes `⌘⇧G`. */
export function shownKeys(keys: string): string {
  const parts = keys.endsWith('++') ? [...keys.slice(0, -2).split('+'), '+'] : keys.split('+');
  return parts.map((part) => SHOWN[part] ?? part).join(isMac ? '' : '+');
}

/** Returns whether keys that are pressed in this element enter text. */
export function isWritten(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select') || target.closest('.cm-editor') !== null;
}
