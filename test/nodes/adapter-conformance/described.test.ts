/** No adapter without its description: `<protocol>.test.ts` or `<protocol>/<kind>.test.ts` in this folder. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { AdapterType } from '../../../engine/contract/node/adapter-type.ts';

const nodes = new URL('../../../nodes/', import.meta.url);

/** The setting by which adapters of one protocol reach different systems. */
const KIND_FIELDS = ['broker', 'engine', 'kind'];
/** Protocols whose kinds are groups of settings. */
const GROUPS: Readonly<Record<string, readonly string[]>> = { mail: ['imap', 'smtp'] };
/** What needs none, and why. */
const NOT_DESCRIBED: Readonly<Record<string, string>> = {
  crypto: 'it connects to nothing',
  'database/mysql': 'the driver of mariadb',
  'database/oracle': 'no server of it runs here',
  'database/sqlserver': 'no server of it runs here',
  'file/server': 'it only listens: test/nodes/file/receive.test.ts',
  'messaging/rocketmq': 'not yet; test/nodes/messaging/brokers/rocketmq.test.ts has most of the cases',
  'registry-centre/nacos': 'no server of it runs here',
};

for (const name of readdirSync(nodes).sort()) {
  const file = new URL(`${name}/${name}.adapter.ts`, nodes);
  if (!existsSync(file)) continue;
  test(`adapters of ${name} are described for the conformance kit`, async () => {
    const { default: type } = (await import(file.href)) as { default: AdapterType };
    for (const kind of kindsOf(type)) {
      const path = kind === undefined ? name : `${name}/${kind}`;
      const isThere = existsSync(new URL(`${path}.test.ts`, import.meta.url));
      assert.ok(isThere !== path in NOT_DESCRIBED, isThere ? `${path} is described` : `write ${path}.test.ts, see docs/add-an-adapter.md`);
    }
  });
}

function kindsOf({ protocol, settings }: AdapterType): readonly (string | undefined)[] {
  if (GROUPS[protocol] !== undefined) return GROUPS[protocol];
  const field = KIND_FIELDS.map((name) => settings.properties[name]).find((one) => one !== undefined);
  const choices = (field as { readonly anyOf?: readonly { readonly const: string }[] } | undefined)?.anyOf;
  return choices === undefined ? [undefined] : choices.map((choice) => choice.const);
}
