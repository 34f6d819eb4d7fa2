/**
 * Settings for when an alarm is raised and who is notified. All are in one document. Passwords and keys are encrypted
 * separately and never returned to the client.
 */
import { randomBytes } from 'node:crypto';
import { Type, type Static, type TSchema } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { valuesBy } from '../../engine/contract/values/named-values.ts';
import { PLAIN_LINE } from '../../engine/contract/values/plain-text.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import { openRevisionedStore } from '../registry/revisioned-store.ts';
import { ALARM_RULE_NAMES, ALARM_RULES, type AlarmRuleName } from './alarm-rules.ts';

const closed = { additionalProperties: false } as const;
const Severity = Type.Union([Type.Literal('warning'), Type.Literal('critical')]);
const minutes = (most: number) => Type.Integer({ minimum: 1, maximum: most });

const RuleSetting = (name: AlarmRuleName) => {
  const { least, most } = ALARM_RULES[name].bound;
  return Type.Object({ on: Type.Boolean(), bound: Type.Number({ minimum: least, maximum: most }), severity: Severity }, closed);
};

export const AlarmReceiver = Type.Object(
  {
    receiverId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,40}$' }),
    name: Type.String({ minLength: 1, maxLength: 60, pattern: PLAIN_LINE }),
    on: Type.Boolean(),
    /**
     * The receivers of the group `first` are notified of each alarm; those of `second` only if nobody acknowledges it
     * in time.
     */
    group: Type.Union([Type.Literal('first'), Type.Literal('second')]),
    kind: Type.Union([Type.Literal('webhook'), Type.Literal('mail')]),
    url: Type.Optional(Type.String({ maxLength: 1000 })),
    to: Type.Optional(Type.Array(Type.String({ pattern: '^[^\\s@<>,;]{1,64}@[^\\s@<>,;]{1,190}$' }), { maxItems: 20 })),
  },
  closed,
);
export type AlarmReceiver = Static<typeof AlarmReceiver>;

export const AlarmMail = Type.Object(
  {
    host: Type.String({ minLength: 1, maxLength: 255 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    /**
     * `tls`: encrypted from the first byte. `starttls`: encrypted after the greeting. `none`: only for a mail server on
     * this machine.
     */
    security: Type.Union([Type.Literal('tls'), Type.Literal('starttls'), Type.Literal('none')]),
    from: Type.String({ minLength: 3, maxLength: 255 }),
    user: Type.Optional(Type.String({ maxLength: 255 })),
  },
  closed,
);

export type AlarmMail = Static<typeof AlarmMail>;

export const AlarmSettings = Type.Object(
  {
    revision: Type.Integer({ minimum: 0 }),
    rules: Type.Object(
      Object.fromEntries(ALARM_RULE_NAMES.map((name) => [name, RuleSetting(name)])) as Record<
        AlarmRuleName,
        ReturnType<typeof RuleSetting>
      >,
      closed,
    ),
    receivers: Type.Array(AlarmReceiver, { maxItems: 20 }),
    mail: Type.Optional(AlarmMail),
    /** Minimum number of minutes between two notifications of the same alarm. */
    repeatMinutes: minutes(10_080),
    /** Minutes without acknowledgement after which the second group is notified. */
    escalateMinutes: minutes(10_080),
  },
  closed,
);
export type AlarmSettings = Static<typeof AlarmSettings>;

/**
 * New passwords and keys by receiver id; the key `mail` stands for the mail server. Passwords and keys that are not
 * listed stay unchanged.
 */
export const AlarmSecrets = valuesBy('id', Type.String({ minLength: 1, maxLength: 500 }));

export interface AlarmSettingsStore {
  read(): Promise<AlarmSettings>;
  /**
   * Returns the saved settings and the keys generated for new webhooks; the keys are returned only here. Rejects with
   * ALARM_SETTINGS_INVALID or STALE_REVISION (input).
   */
  save(
    settings: AlarmSettings,
    secrets: Readonly<Record<string, string>>,
  ): Promise<{ readonly settings: AlarmSettings; readonly newKeys: Readonly<Record<string, string>> }>;
  /** Returns the ids of receivers that have a key or password, and `mail` if the mail server has one. */
  withSecret(): Promise<readonly string[]>;
  secret(id: string): Promise<string | undefined>;
}

interface StoredSecret extends StoredDocument {
  readonly sealed: string;
}

const secretsSpec: CollectionSpec<StoredSecret> = {
  name: 'alarm_secrets',
  schema: Type.Object({ _id: Type.String(), sealed: Type.String() }, closed) as TSchema,
  indexes: [],
};

const ONE = 'settings';
/** Id under which the mail server's password is stored. */
export const MAIL_SECRET = 'mail';

export async function openAlarmSettings(documents: Documents, seal: Seal): Promise<AlarmSettingsStore> {
  const store = await openRevisionedStore<AlarmSettings>(documents, { collection: 'alarm_settings', idOf: () => ONE });
  const secrets = await documents.open(secretsSpec);
  const place = (id: string) => ({ collection: secretsSpec.name, id, field: 'sealed' });

  return {
    read: async () => filled(await store.get(ONE)),
    async save(settings, given) {
      check(settings);
      const saved = await store.save(settings);
      const newKeys: Record<string, string> = {};
      for (const { receiverId, kind } of settings.receivers) {
        if (kind !== 'webhook' || given[receiverId] !== undefined || (await secrets.get(receiverId)) !== undefined) continue;
        newKeys[receiverId] = randomBytes(32).toString('base64url');
      }
      for (const [id, value] of Object.entries({ ...given, ...newKeys }))
        await put(secrets, { _id: id, sealed: seal.seal(place(id), value) });
      const kept = new Set([MAIL_SECRET, ...settings.receivers.map(({ receiverId }) => receiverId)]);
      for (const { _id } of await secrets.find({}, { limit: 100 })) if (!kept.has(_id)) await secrets.remove(_id);
      return { settings: saved, newKeys };
    },
    withSecret: async () => (await secrets.find({}, { limit: 100 })).map(({ _id }) => _id),
    async secret(id) {
      const stored = await secrets.get(id);
      return stored && seal.openText(place(id), stored.sealed);
    },
  };
}

async function put(secrets: Collection<StoredSecret>, secret: StoredSecret): Promise<void> {
  const { inserted } = await secrets.insert(secret, { durability: 'full' });
  if (!inserted) await secrets.replaceIf(secret, {}, { durability: 'full' });
}

/** Returns the settings with defaults for rules that were added after they were saved. */
function filled(stored: AlarmSettings | undefined): AlarmSettings {
  const usual = Object.fromEntries(
    ALARM_RULE_NAMES.map((name) => [name, { on: true, bound: ALARM_RULES[name].bound.usual, severity: ALARM_RULES[name].severity }]),
  ) as AlarmSettings['rules'];
  const settings = stored ?? { revision: 0, rules: usual, receivers: [], repeatMinutes: 60, escalateMinutes: 30 };
  return { ...settings, rules: { ...usual, ...settings.rules } };
}

function check({ receivers, mail }: AlarmSettings): void {
  const ids = receivers.map(({ receiverId }) => receiverId);
  if (new Set(ids).size < ids.length || ids.includes(MAIL_SECRET)) throw wrong('twice', '', 'Two receivers have the same id.');
  for (const { kind, url, to, name } of receivers) {
    if (kind === 'webhook' && !isSafe(url)) throw wrong('webhook', name, 'A webhook must use https (http only on this machine).');
    if (kind === 'mail' && (to === undefined || to.length === 0)) throw wrong('address', name, 'A mail receiver needs an address.');
    if (kind === 'mail' && mail === undefined) throw wrong('server', name, 'Mail receivers need a mail server.');
  }
  if (mail?.security === 'none' && !isThisMachine(mail.host)) throw wrong('plain', '', 'A mail server on another machine must use TLS.');
}

function isSafe(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, hostname, username } = new URL(url);
  return username === '' && (protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname)));
}

export function isThisMachine(host: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]', '::1'].includes(host);
}

function wrong(problem: string, name: string, message: string): AppError {
  return new AppError('ALARM_SETTINGS_INVALID', 'input', message, {
    values: { problem, name },
    fix: 'Correct it and save again.',
  });
}
