/** `kangqiao doctor` checks whether Kangqiao can run here with these settings, and prints what to do if it cannot. */
import { Command } from 'commander';
import { languageOption, say, type Language } from '../shared/language.ts';
import type { Terminal } from '../shared/terminal.ts';

const MARKS = { good: '✓', hint: '–', wrong: '✗' } as const;

export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .summary('check whether Kangqiao can run here, and how to fix what prevents it')
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  $ kangqiao doctor --data /var/lib/kangqiao')
    .action(async function (this: Command, { lang }: { lang: Language }) {
      const { findAll } = await import('../doctor/find-all.ts');
      const findings = await findAll(terminal, this);
      for (const { state, what, remedy } of findings)
        terminal.print(`${MARKS[state]} ${what[lang]}${remedy === undefined ? '' : `\n    ${remedy[lang]}`}`);
      const count = findings.filter(({ state }) => state === 'wrong').length;
      if (count > 0) throw new Error(say(lang, `发现 ${count} 个问题。`, `${count} problem(s) found.`));
    });
}
