import { isHmac, type SignedCall } from './signed-call.ts';

/** Returns a program that uses the sdk, which signs, sends and verifies the response. */
export function nodeExample(call: SignedCall): string {
  const { url, appId, keyId, scheme, method, path, query, body, isKeyed, platformKey } = call;
  const needsFile = !isHmac(scheme);
  const target = query === '' ? path : `${path}?${query}`;
  const options = [`method: '${method}'`, ...(body === undefined ? [] : ['body']), ...(isKeyed ? ['idempotencyKey: randomUUID()'] : [])];
  const imports = [
    ...(isKeyed ? ["import { randomUUID } from 'node:crypto';"] : []),
    ...(needsFile ? ["import { readFileSync } from 'node:fs';"] : []),
    "import { createSigningClient } from 'kangqiao/sdk';",
  ];
  const pem = platformKey?.publicPem.trim().split('\n') ?? [];
  const platformKeys =
    needsFile && platformKey !== undefined
      ? ['  platformKeys: {', `    '${platformKey.keyId}': \`${pem[0] ?? ''}`, ...pem.slice(1, -1), `${pem.at(-1) ?? ''}\`,`, '  },']
      : ['  platformKeys: {},'];
  return [
    ...imports,
    '',
    'const client = createSigningClient({',
    `  baseUrl: '${url}',`,
    `  appId: '${appId}',`,
    `  keyId: '${keyId}',`,
    `  scheme: '${scheme}',`,
    needsFile ? "  key: readFileSync(process.env.KQ_KEY, 'utf8')," : '  key: process.env.KQ_KEY,',
    ...platformKeys,
    '});',
    ...(body === undefined ? [] : [`const body = ${body};`]),
    `const answer = await client.fetch(${JSON.stringify(target)}, { ${options.join(', ')} });`,
    "console.log(answer.status, Buffer.from(answer.body).toString('utf8'));",
    'await client.close();',
  ].join('\n');
}
