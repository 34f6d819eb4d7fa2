/**
 * The user's choices for this browser: language, light or dark theme, folded panels. They are stored only in the
 * browser.
 */
import { create } from 'zustand';
import { LANGUAGES, setLanguage, type Language } from '../../i18n/texts.ts';
import { applyScheme, type Scheme } from './theme.ts';

const KEY = 'kq.preferences';

interface Stored {
  readonly language: Language;
  /** The colour scheme; `system` uses that of the operating system. */
  readonly look: Scheme | 'system';
  readonly isNavigationFolded: boolean;
  /** True if the flow beside a message is hidden, so that the data has more room. */
  readonly isCanvasFolded: boolean;
  readonly isPaletteFolded: boolean;
  /** True if the user has closed the side panel of the editor. It stays closed until the user opens it again. */
  readonly isPanelFolded: boolean;
}

export interface Preferences extends Stored {
  readonly scheme: Scheme;
  /** True if the operating system asks for reduced motion. */
  readonly isMotionReduced: boolean;
  change(part: Partial<Stored>): void;
}

const machine = window.matchMedia('(prefers-color-scheme: dark)');
const motion = window.matchMedia('(prefers-reduced-motion: reduce)');

export const usePreferences = create<Preferences>((set, get) => {
  const stored = read();
  applyScheme(schemeOf(stored.look));
  machine.addEventListener('change', () => get().change({}));
  motion.addEventListener('change', () => set({ isMotionReduced: motion.matches }));
  return {
    ...stored,
    scheme: schemeOf(stored.look),
    isMotionReduced: motion.matches,
    change(part) {
      const { scheme: _scheme, isMotionReduced: _motion, change: _change, ...kept } = get();
      const next: Stored = { ...kept, ...part };
      const { language, look } = next;
      localStorage.setItem(KEY, JSON.stringify(next));
      applyScheme(schemeOf(look));
      if (language !== get().language) setLanguage(language);
      set({ ...next, scheme: schemeOf(look) });
    },
  };
});

function schemeOf(look: Stored['look']): Scheme {
  return look === 'system' ? (machine.matches ? 'dark' : 'light') : look;
}

function read(): Stored {
  const kept = parse(localStorage.getItem(KEY));
  return {
    language: LANGUAGES.find((name) => name === kept['language']) ?? 'zh-CN',
    look: (['light', 'dark', 'system'] as const).find((name) => name === kept['look']) ?? 'light',
    isNavigationFolded: kept['isNavigationFolded'] === true,
    isCanvasFolded: kept['isCanvasFolded'] === true,
    isPaletteFolded: kept['isPaletteFolded'] === true,
    isPanelFolded: kept['isPanelFolded'] === true,
  };
}

function parse(text: string | null): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text ?? '{}') ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
