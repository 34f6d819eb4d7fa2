import { Option } from 'commander';

export type Language = 'zh-CN' | 'en';

/** Returns the option `--lang`; its default is the language of the terminal. */
export function languageOption(): Option {
  return new Option('--lang <language>', 'language of the output (default: from LANG)')
    .choices(['zh-CN', 'en'])
    .default(terminalLanguage(), 'LANG');
}

export function say(language: Language, zhCN: string, en: string): string {
  return language === 'zh-CN' ? zhCN : en;
}

function terminalLanguage(): Language {
  return /^zh/i.test(process.env['LC_ALL'] ?? process.env['LC_MESSAGES'] ?? process.env['LANG'] ?? '') ? 'zh-CN' : 'en';
}
