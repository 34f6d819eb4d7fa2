import { Option } from 'commander';
import { processLanguage } from '../engine/host/settings.ts';

export type Language = 'zh-CN' | 'en';

/** Chosen by `--lang`, else as the terminal's. */
export function languageOption(): Option {
  return new Option('--lang <language>', 'language of what is told (default: as LANG says)')
    .choices(['zh-CN', 'en'])
    .default(processLanguage(), 'LANG');
}

export function say(language: Language, zhCN: string, en: string): string {
  return language === 'zh-CN' ? zhCN : en;
}
