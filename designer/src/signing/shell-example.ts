import { authorizationParts, hostOf, isHmac, isSm, signedNames, type SignedCall } from './signed-call.ts';

/**
 * Returns a Bash script with `openssl` and `curl`. `KQ_KEY` is the name of the private key's file, or the shared
 * secret.
 */
export function shellExample(call: SignedCall): string {
  const { body, isKeyed, method, path, query, scheme, url, appId, keyId } = call;
  const digest = isSm(scheme) ? '-sm3' : '-sha256';
  const names = signedNames(call);
  const lines = ['KQ1', scheme, method, '"$host"', '"$path"', '"$query"', `"$ts $nonce ${appId} ${keyId}"`];
  if (body !== undefined) lines.push('content-type:application/json');
  if (isKeyed) lines.push('"idempotency-key:$idempotency_key"');
  const authorization = `${authorizationParts(call)},ts="$ts",nonce="$nonce",signed="${names.join(';')}",sig="$sig"`;
  const headers = [`  -H "Authorization: ${authorization.replaceAll('"', '\\"')}"`];
  if (body !== undefined) headers.push("  -H 'Content-Type: application/json'");
  if (isKeyed) headers.push('  -H "Idempotency-Key: $idempotency_key"');
  if (body !== undefined) headers.push('  --data-raw "$body"');
  return [
    `: "\${KQ_KEY:?}"`,
    `url=${quoted(url)}`,
    `host=${quoted(hostOf(url))}`,
    `path=${quoted(path)}`,
    `query=${quoted(query)}`,
    `body=${quoted(body ?? '')}`,
    ...(isKeyed ? ['idempotency_key=$(openssl rand -hex 16)'] : []),
    "base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }",
    ...(isHmac(scheme) ? SECRET : []),
    '',
    'ts=$(date +%s)000',
    'nonce=$(openssl rand 16 | base64url)',
    `digest=$(printf %s "$body" | openssl dgst ${digest} -r | cut -d' ' -f1)`,
    `sig=$(printf '%s\\n' ${[...lines, '"$digest"'].join(' ')} |`,
    `  openssl dgst ${digest} ${SIGN[scheme]} -binary | base64url)`,
    '',
    `curl -sS \${KQ_CA:+--cacert "$KQ_CA"} -X ${method} "$url$path\${query:+?$query}" \\`,
    headers.join(' \\\n'),
  ].join('\n');
}

const SIGN: Readonly<Record<SignedCall['scheme'], string>> = {
  'SM2-SM3': '-sign "$KQ_KEY" -sigopt distid:1234567812345678',
  'RSA-SHA256': '-sign "$KQ_KEY"',
  'RSA-PSS-SHA256': '-sign "$KQ_KEY" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32',
  'HMAC-SM3': '-mac HMAC -macopt hexkey:"$hexkey"',
  'HMAC-SHA256': '-mac HMAC -macopt hexkey:"$hexkey"',
};

/** The secret is base64url without padding; `openssl` needs it in hex. */
const SECRET = [
  "secret=$(printf %s \"$KQ_KEY\" | tr -- '-_' '+/')",
  'while [ $((${#secret} % 4)) -ne 0 ]; do secret="$secret="; done',
  'hexkey=$(printf %s "$secret" | openssl base64 -d -A | od -An -v -tx1 | tr -d \' \\n\')',
];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
