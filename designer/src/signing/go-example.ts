import { authorizationParts, hostOf, isHmac, isSm, signedNames, type SignedCall } from './signed-call.ts';

/** Returns a program that uses only Go's standard library (1.21 or later). The SM schemes need github.com/emmansun/gmsm. */
export function goExample(call: SignedCall): string {
  const { url, appId, keyId, scheme, method, path, query, body, isKeyed } = call;
  const text = (value: string) => JSON.stringify(value);
  const target = query === '' ? path : `${path}?${query}`;
  const authorization = `${authorizationParts(call)},ts="%s",nonce="%s",signed="${signedNames(call).join(';')}",sig="%s"`;
  const put = [
    ...(body === undefined ? [] : ['\theaders["content-type"] = "application/json"']),
    ...(isKeyed ? ['\theaders["idempotency-key"] = hex.EncodeToString(random(16))'] : []),
  ];
  return [
    'package main',
    '',
    'import (',
    ...importsOf(call).map((name) => `\t"${name}"`),
    ')',
    '',
    'func main() {',
    `\turl, body := ${text(url)}, []byte(${text(body ?? '')})`,
    '\theaders := map[string]string{}',
    ...put,
    '\tnames := make([]string, 0, len(headers))',
    '\tfor name := range headers {',
    '\t\tnames = append(names, name)',
    '\t}',
    '\tsort.Strings(names)',
    '',
    '\tts, nonce := strconv.FormatInt(time.Now().UnixMilli(), 10), base64.RawURLEncoding.EncodeToString(random(16))',
    `\tlines := []string{"KQ1", "${scheme}", "${method}", ${text(hostOf(url))}, ${text(path)}, ${text(query)}, ts + " " + nonce + " ${appId} ${keyId}"}`,
    '\tfor _, name := range names {',
    '\t\tlines = append(lines, name+":"+headers[name])',
    '\t}',
    `\tdigest := ${isSm(scheme) ? 'sm3.Sum(body)' : 'sha256.Sum256(body)'}`,
    '\ttext := []byte(strings.Join(append(lines, hex.EncodeToString(digest[:])), "\\n") + "\\n")',
    ...signing(scheme),
    '',
    `\trequest, err := http.NewRequest("${method}", url+${text(target)}, bytes.NewReader(body))`,
    '\tmust(err)',
    '\tfor name, value := range headers {',
    '\t\trequest.Header.Set(name, value)',
    '\t}',
    `\trequest.Header.Set("Authorization", fmt.Sprintf(\`${authorization}\`, ts, nonce, base64.RawURLEncoding.EncodeToString(sig)))`,
    '\tanswer, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)',
    '\tmust(err)',
    '\tdefer answer.Body.Close()',
    '\tcontent, err := io.ReadAll(answer.Body)',
    '\tmust(err)',
    '\tfmt.Println(answer.StatusCode, string(content))',
    '}',
    '',
    'func random(size int) []byte {',
    '\tbytes := make([]byte, size)',
    '\t_, err := rand.Read(bytes)',
    '\tmust(err)',
    '\treturn bytes',
    '}',
    '',
    'func must(err error) {',
    '\tif err != nil {',
    '\t\tpanic(err)',
    '\t}',
    '}',
  ].join('\n');
}

function importsOf({ scheme }: SignedCall): readonly string[] {
  const always = [
    'bytes',
    'crypto/rand',
    'encoding/base64',
    'encoding/hex',
    'fmt',
    'io',
    'net/http',
    'os',
    'sort',
    'strconv',
    'strings',
    'time',
  ];
  const ofScheme = {
    'SM2-SM3': ['encoding/pem', 'github.com/emmansun/gmsm/sm2', 'github.com/emmansun/gmsm/sm3', 'github.com/emmansun/gmsm/smx509'],
    'RSA-SHA256': ['crypto', 'crypto/rsa', 'crypto/sha256', 'crypto/x509', 'encoding/pem'],
    'RSA-PSS-SHA256': ['crypto', 'crypto/rsa', 'crypto/sha256', 'crypto/x509', 'encoding/pem'],
    'HMAC-SM3': ['crypto/hmac', 'github.com/emmansun/gmsm/sm3'],
    'HMAC-SHA256': ['crypto/hmac', 'crypto/sha256'],
  }[scheme];
  return [...always, ...ofScheme].sort();
}

function signing(scheme: SignedCall['scheme']): readonly string[] {
  if (isHmac(scheme)) {
    return [
      '\tsecret, err := base64.RawURLEncoding.DecodeString(os.Getenv("KQ_KEY"))',
      '\tmust(err)',
      `\tmac := hmac.New(${isSm(scheme) ? 'sm3.New' : 'sha256.New'}, secret)`,
      '\tmac.Write(text)',
      '\tsig := mac.Sum(nil)',
    ];
  }
  const read = [
    '\tfile, err := os.ReadFile(os.Getenv("KQ_KEY"))',
    '\tmust(err)',
    '\tblock, _ := pem.Decode(file)',
    `\tkey, err := ${scheme === 'SM2-SM3' ? 'smx509' : 'x509'}.ParsePKCS8PrivateKey(block.Bytes)`,
    '\tmust(err)',
  ];
  if (scheme === 'SM2-SM3')
    return [...read, '\tsig, err := key.(*sm2.PrivateKey).SignWithSM2(rand.Reader, []byte("1234567812345678"), text)', '\tmust(err)'];
  return [
    ...read,
    '\thashed := sha256.Sum256(text)',
    scheme === 'RSA-SHA256'
      ? '\tsig, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, hashed[:])'
      : '\tsig, err := rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, hashed[:], &rsa.PSSOptions{SaltLength: 32})',
    '\tmust(err)',
  ];
}
