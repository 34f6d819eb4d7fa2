/** `kangqiao verify` checks whether the store was changed outside Kangqiao. */
import { Command, Option } from 'commander';
import type { VerifyReport } from '../../control/audit-trail/audit.ts';
import type { ChainBreak } from '../../control/audit/walk-chain.ts';
import { withApi } from '../shared/connect.ts';
import { languageOption, say, type Language } from '../shared/language.ts';
import type { Terminal } from '../shared/terminal.ts';
import { overridesOf } from '../roots/root-options.ts';

interface VerifyOptions {
  readonly offline?: boolean;
  readonly accept?: string;
  readonly keep?: string;
  readonly lang: Language;
}

export function verifyCommand(terminal: Terminal): Command {
  return new Command('verify')
    .summary('verify the audit trail and check every protected document')
    .description('Asks the running process, with a token of an audit administrator; --offline reads the store of a stopped one.')
    .addOption(new Option('--offline', 'no process uses the store: run it in this process'))
    .addOption(new Option('--accept <reason>', 'with --offline: accept the audit trail as it is, which ends the read-only state'))
    .addOption(new Option('--keep <collection/id>', 'with --accept: also accept this document as it is, for example accounts/zhao'))
    .addOption(languageOption())
    .addHelpText('after', '\nExample:\n  $ kangqiao verify --data /var/lib/kangqiao --offline')
    .action(async function (this: Command, { offline, accept, keep, lang }: VerifyOptions) {
      if (accept !== undefined && offline !== true)
        throw new Error(say(lang, '--accept 须与 --offline 一起使用。', '--accept requires --offline.'));
      if (keep !== undefined && accept === undefined)
        throw new Error(say(lang, '--keep 须与 --accept 一起使用。', '--keep requires --accept.'));
      const { acceptOffline, keepOffline, verifyOffline } = await import('../offline/verify-offline.ts');
      const { readProcessSettings } = await import('../../engine/host/settings.ts');
      const settings = () => readProcessSettings(overridesOf(this));
      if (accept !== undefined) await acceptOffline(settings(), 'integrity.accept-trail', { reason: accept });
      if (accept !== undefined && keep !== undefined) await keepOffline(settings(), keep, accept);
      const report = offline === true ? await verifyOffline(overridesOf(this), terminal.signal) : await ask(this, terminal);
      const accepted = report.intact ? [] : report.breaks.filter(({ isAccepted }) => isAccepted);
      for (const one of accepted) terminal.print(`– ${describeBreak(one, lang)}${say(lang, '（已接受）', ' (accepted)')}`);
      const problems = describe(report, lang);
      for (const problem of problems) terminal.print(`✗ ${problem}`);
      if (problems.length > 0) throw new Error(say(lang, `发现 ${problems.length} 个问题。`, `${problems.length} problem(s) found.`));
      const documents = report.marks?.documents ?? 0;
      const whole = report.intact
        ? say(lang, `审计链 ${report.lines} 行完整`, `The audit trail is complete (${report.lines} lines)`)
        : say(lang, '审计链没有新的问题', 'No new problem was found in the audit trail');
      if (report.marks?.isEnforced === false)
        throw new Error(say(lang, '数据没有完整性标记，或标记已被移除。', 'The documents have no marks, or these were removed.'));
      const rest = say(
        lang,
        `；${documents} 项数据与最后一次写入一致。`,
        `; ${documents} documents are unchanged since they were last written.`,
      );
      terminal.print(`✓ ${whole}${rest}`);
    });
}

async function ask(command: Command, terminal: Terminal): Promise<VerifyReport> {
  return (await withApi(command, terminal, (api) => api.call('POST', '/audit/verify'))) as VerifyReport;
}

function describe(report: VerifyReport, lang: Language): readonly string[] {
  const { marks } = report;
  const chain = report.intact ? [] : report.breaks.filter(({ isAccepted }) => !isAccepted).map((one) => describeBreak(one, lang));
  const trail =
    marks?.trail === undefined || marks.trail.why === 'broken'
      ? []
      : [
          say(
            lang,
            `审计链有 ${marks.trail.lines} 行，签名为第 ${marks.trail.headNumber ?? '?'} 行`,
            `the audit trail has ${marks.trail.lines} lines, but its signed head is for line ${marks.trail.headNumber ?? '?'}`,
          ),
        ];
  const head =
    marks?.headMissingSince === undefined
      ? []
      : [
          say(
            lang,
            '审计链末端签名文件缺失，无法判断末尾是否被截断',
            'the signed head of the audit trail is missing: its end may have been cut off',
          ),
        ];
  return [
    ...chain,
    ...trail,
    ...head,
    ...(marks?.findings ?? []).map(({ collection, id, why }) => `${collection} ${id}: ${say(lang, WHY[why], why)}`),
  ];
}

function describeBreak({ number, to, why }: ChainBreak, lang: Language): string {
  const lines = number === to ? `${number}` : `${number}–${to}`;
  return say(lang, `审计链第 ${lines} 行${BREAKS[why]}`, `the audit trail, line ${lines}: ${why}`);
}

const BREAKS = { missing: '缺失', changed: '被改动', 'cut off': '起末尾被截断' } as const;

const WHY = { changed: '被改动', unmarked: '被插入', old: '被换回旧版本', removed: '被删除' } as const;
