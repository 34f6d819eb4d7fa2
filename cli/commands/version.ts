import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { readVersion } from '../version.ts';

export function versionCommand(terminal: Terminal): Command {
  return new Command('version')
    .summary('print the version')
    .addHelpText('after', '\nExample:\n  $ kangqiao version')
    .action(() => terminal.print(`kangqiao ${readVersion()} (Node ${process.versions.node})`));
}
