/** Bootstrap settings: read once at start, all wrong ones told together, then frozen. Tunables are configuration items, not settings. */
import { join, resolve } from 'node:path';
import { Type, type Static } from 'typebox';
import { Convert, Default } from 'typebox/value';
import { AppError, type Issue } from '../contract/errors.ts';
import { nearestName } from '../flow/nearest-name.ts';
import { schemaIssues } from '../flow/schema-issues.ts';

const file = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description }));
const port = (value: number, description: string) => Type.Integer({ minimum: 0, maximum: 65_535, default: value, description });
const count = (value: number, maximum: number, description: string) => Type.Integer({ minimum: 1, maximum, default: value, description });

/** The one list of settings. The environment variable of `dataFolder` is KQ_DATA_FOLDER, and so on. */
export const SettingsSchema = Type.Object(
  {
    dataFolder: Type.String({
      minLength: 1,
      maxLength: 1000,
      default: 'data',
      description: 'Where the embedded store and everything else that must survive lies.',
    }),
    kekFile: file('The key-encryption key, kept outside the data folder. Default: <dataFolder>.kek'),
    storeAddress: Type.Optional(
      Type.String({ pattern: '^[a-z]+:.{0,990}$', description: 'Store as scheme:location. Default: embedded:<dataFolder>/store' }),
    ),
    environment: Type.String({ pattern: '^[A-Za-z0-9_-]{1,30}$', default: 'DEV', description: 'Whose settings of each adapter are used.' }),
    bindHost: Type.String({ minLength: 1, maxLength: 255, default: '127.0.0.1', description: 'Address that all fronts listen on.' }),
    openPort: port(8441, 'Port of the open front (third parties). 0: any free one.'),
    userPort: port(8442, 'Port of the user front (citizens).'),
    busPort: port(8443, 'Port of the bus front (internal systems).'),
    controlPort: port(8440, 'Port of control.'),
    tlsCertFile: file('PEM certificate chain of the listeners. Absent: a development certificate is made.'),
    tlsKeyFile: file('PEM private key of the listeners.'),
    tlsCaFile: file('PEM of the authorities that client certificates must chain to.'),
    trustedProxies: Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$' }), {
      maxItems: 100,
      default: [],
      description: 'Addresses or CIDR ranges whose X-Forwarded-For is believed; separated by commas.',
    }),
    logLevel: Type.Union(
      ['debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)),
      { default: 'info', description: 'debug, info, warn or error.' },
    ),
    logFormat: Type.Union([Type.Literal('json'), Type.Literal('text')], { default: 'text', description: 'json or text.' }),
    drainMs: count(5000, 600_000, 'How long stopping may take, all parts together.'),
    maxConnections: count(10_000, 1_000_000, 'Connections per front.'),
    maxConnectionsPerIp: count(1000, 1_000_000, 'Connections per front and client address.'),
    bodyBudgetBytes: count(268_435_456, 68_719_476_736, 'Bodies held in memory, all requests together.'),
    workerSlots: count(64, 10_000, 'Durable executions worked on at once.'),
  },
  { additionalProperties: false },
);
export type Settings = Readonly<Omit<Static<typeof SettingsSchema>, 'kekFile' | 'storeAddress'>> & {
  readonly kekFile: string;
  readonly storeAddress: string;
};

type Overrides = { readonly [Name in keyof Static<typeof SettingsSchema>]?: unknown };

/** Values may be texts; overrides (of the command line) win over the environment. SETTINGS_INVALID (input) lists every wrong one by its name. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>, overrides: Overrides = {}): Settings {
  const given: Record<string, unknown> = {};
  for (const name of names()) {
    const text = environment[variableOf(name)];
    if (text !== undefined && text !== '') given[name] = name === 'trustedProxies' ? splitList(text) : text;
  }
  for (const [name, value] of Object.entries(overrides)) if (value !== undefined) given[name] = value;
  const filled = Default(SettingsSchema, Convert(SettingsSchema, given)) as Settings;
  const issues = [...schemaIssues(SettingsSchema, filled, 'SETTINGS_INVALID'), ...pairIssues(filled), ...misspelt(environment)];
  if (issues.length > 0) throw invalid(issues, overrides);
  const dataFolder = resolve(filled.dataFolder);
  return Object.freeze({
    ...filled,
    dataFolder,
    storeAddress: filled.storeAddress ?? `embedded:${join(dataFolder, 'store')}`,
    kekFile: resolve(filled.kekFile ?? `${dataFolder}.kek`),
    trustedProxies: Object.freeze([...filled.trustedProxies]) as string[],
  });
}

/** `readSettings` for this process: the one place where its environment is read. */
export function readProcessSettings(overrides?: Overrides): Settings {
  return readSettings(process.env, overrides);
}

/** Every setting with its variable, value and meaning, for `doctor` and the start of the log. Secrets are never settings: they lie in files. */
export function describeSettings(
  settings: Settings,
): readonly { readonly name: string; readonly variable: string; readonly value: string; readonly description: string }[] {
  return names().map((name) => {
    const value = settings[name];
    const description = String((SettingsSchema.properties[name] as { description?: string }).description ?? '');
    return { name, variable: variableOf(name), value: value === undefined ? '' : maskUserInfo(String(value)), description };
  });
}

function names(): (keyof Settings)[] {
  return Object.keys(SettingsSchema.properties) as (keyof Settings)[];
}

function variableOf(name: string): string {
  return `KQ_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function splitList(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
}

function pairIssues(settings: Settings): Issue[] {
  if ((settings.tlsCertFile === undefined) === (settings.tlsKeyFile === undefined)) return [];
  const missing = settings.tlsCertFile === undefined ? 'tlsCertFile' : 'tlsKeyFile';
  return [
    {
      path: `/${missing}`,
      code: 'SETTINGS_INVALID',
      severity: 'error',
      message: 'Certificate and key are given together, or neither.',
      values: { problem: 'pair' },
    },
  ];
}

/** A variable that is almost one of ours is a slip that would otherwise go unnoticed. */
function misspelt(environment: Readonly<Record<string, string | undefined>>): Issue[] {
  const known = names().map(variableOf);
  return Object.keys(environment).flatMap((variable): Issue[] => {
    if (!variable.startsWith('KQ_') || variable.length < 8 || known.includes(variable)) return [];
    const nearest = known.find((name) => nearestName(variable, [name]) !== undefined && Math.abs(name.length - variable.length) <= 1);
    if (nearest === undefined || nearestName(variable, known) !== nearest) return [];
    return [
      {
        path: `/${variable}`,
        code: 'SETTINGS_INVALID',
        severity: 'error',
        message: `${variable} is not a setting.`,
        values: { problem: 'misspelt', variable, nearest },
        fix: `Did you mean ${nearest}?`,
      },
    ];
  });
}

function invalid(issues: readonly Issue[], overrides: Overrides): AppError {
  const told = issues.map((issue) => {
    const name = issue.path.split('/')[1] ?? '';
    const source = Object.hasOwn(overrides, name) ? `option ${name}` : name.startsWith('KQ_') ? name : variableOf(name);
    return `${source}: ${issue.message}${issue.fix === undefined ? '' : ` ${issue.fix}`}`;
  });
  return new AppError('SETTINGS_INVALID', 'input', `Some settings are wrong.\n  ${told.join('\n  ')}`, {
    issues,
    fix: 'Correct them and start again.',
  });
}

function maskUserInfo(text: string): string {
  return text.replaceAll(/\/\/[^/@\s]+@/g, '//***@');
}
