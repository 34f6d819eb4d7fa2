import { authorizationParts, hostOf, isHmac, isSm, signedNames, type SignedCall } from './signed-call.ts';

/** Returns a program that uses the standard library, and the `openssl` program for signing with SM2 or RSA. */
export function pythonExample(call: SignedCall): string {
  const { url, appId, keyId, scheme, method, path, query, body, isKeyed } = call;
  const digest = isSm(scheme) ? 'sm3' : 'sha256';
  const headers = [
    ...(body === undefined ? [] : ['"content-type": "application/json"']),
    ...(isKeyed ? ['"idempotency-key": secrets.token_hex(16)'] : []),
  ];
  const modules = ['base64', 'hashlib', ...(isHmac(scheme) ? ['hmac'] : []), 'os', 'secrets', ...(isHmac(scheme) ? [] : ['subprocess'])];
  const authorization = `${authorizationParts(call)},ts="{ts}",nonce="{nonce}",signed="${signedNames(call).join(';')}",sig="{sig}"`;
  return [
    `import ${[...modules, 'time', 'urllib.request'].join(', ')}`,
    '',
    `url, host = ${JSON.stringify(url)}, ${JSON.stringify(hostOf(url))}`,
    `path, query = ${JSON.stringify(path)}, ${JSON.stringify(query)}`,
    `body = ${body === undefined ? 'b""' : `${JSON.stringify(body)}.encode("utf-8")`}`,
    `headers = {${headers.join(', ')}}`,
    '',
    '',
    'def base64url(data):',
    '    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()',
    '',
    '',
    'ts, nonce = str(int(time.time() * 1000)), base64url(secrets.token_bytes(16))',
    `lines = ["KQ1", "${scheme}", "${method}", host, path, query, f"{ts} {nonce} ${appId} ${keyId}"]`,
    'lines += [f"{name}:{headers[name]}" for name in sorted(headers)]',
    `lines += [hashlib.new("${digest}", body).hexdigest()]`,
    'text = "".join(line + "\\n" for line in lines).encode("ascii")',
    ...signing(scheme, digest),
    `headers["authorization"] = (`,
    `    f'${authorization}'`,
    ')',
    `request = urllib.request.Request(url + path + ("?" + query if query else ""), ${body === undefined ? '' : 'data=body, '}headers=headers, method="${method}")`,
    'with urllib.request.urlopen(request, timeout=10) as answer:',
    '    print(answer.status, answer.read().decode())',
  ].join('\n');
}

function signing(scheme: SignedCall['scheme'], digest: string): readonly string[] {
  if (isHmac(scheme)) {
    return [
      'key = os.environ["KQ_KEY"]',
      'secret = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))',
      `sig = base64url(hmac.new(secret, text, "${digest}").digest())`,
    ];
  }
  const options: Readonly<Record<string, string>> = {
    'SM2-SM3': ', "-sigopt", "distid:1234567812345678"',
    'RSA-PSS-SHA256': ', "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"',
  };
  return [
    `command = ["openssl", "dgst", "-${digest}", "-sign", os.environ["KQ_KEY"]${options[scheme] ?? ''}, "-binary"]`,
    'sig = base64url(subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout)',
  ];
}
