import { Command } from 'commander';
import type { Terminal } from '../shared/terminal.ts';
import { readVersion } from '../shared/version.ts';

export function versionCommand(terminal: Terminal): Command {
  return new Command('version')
    .summary('print the version')
    .addHelpText('after', '\nExample:\n  $ kangqiao version')
    .action(() => terminal.print(`kangqiao ${readVersion()} (Node ${process.versions.node})`));
}
