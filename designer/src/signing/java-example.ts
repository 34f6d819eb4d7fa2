import { authorizationParts, hostOf, isHmac, isSm, signedNames, type SignedCall } from './signed-call.ts';

/**
 * Returns a program that uses only the JDK (17 or later). The SM schemes need the provider Bouncy Castle
 * (`bcprov-jdk18on`).
 */
export function javaExample(call: SignedCall): string {
  const { url, appId, keyId, scheme, method, path, query, body, isKeyed } = call;
  const text = (value: string) => JSON.stringify(value);
  const target = query === '' ? path : `${path}?${query}`;
  const put = [
    ...(body === undefined ? [] : ['    headers.put("content-type", "application/json");']),
    ...(isKeyed ? ['    headers.put("idempotency-key", UUID.randomUUID().toString());'] : []),
  ];
  const provider = isSm(scheme) ? ', "BC"' : '';
  const publisher = body === undefined ? 'HttpRequest.BodyPublishers.noBody()' : 'HttpRequest.BodyPublishers.ofByteArray(body)';
  const authorization = `${authorizationParts(call)},ts="%s",nonce="%s",signed="${signedNames(call).join(';')}",sig="%s"`;
  return [
    ...importsOf(scheme),
    '',
    'public class Sign {',
    '  public static void main(String[] args) throws Exception {',
    ...(isSm(scheme) ? ['    Security.addProvider(new org.bouncycastle.jce.provider.BouncyCastleProvider());'] : []),
    `    var url = ${text(url)};`,
    `    var body = ${text(body ?? '')}.getBytes(StandardCharsets.UTF_8);`,
    '    var headers = new TreeMap<String, String>();',
    ...put,
    '',
    '    var base64url = Base64.getUrlEncoder().withoutPadding();',
    '    var random = new byte[16];',
    '    new SecureRandom().nextBytes(random);',
    '    var nonce = base64url.encodeToString(random);',
    '    var ts = Long.toString(System.currentTimeMillis());',
    `    var text = new StringBuilder(String.join("\\n", "KQ1", "${scheme}", "${method}", ${text(hostOf(url))}, ${text(path)}, ${text(query)},`,
    `        ts + " " + nonce + " ${appId} ${keyId}") + "\\n");`,
    '    headers.forEach((name, value) -> text.append(name + ":" + value + "\\n"));',
    `    var digest = MessageDigest.getInstance("${isSm(scheme) ? 'SM3' : 'SHA-256'}"${provider}).digest(body);`,
    '    text.append(HexFormat.of().formatHex(digest) + "\\n");',
    '    var signed = text.toString().getBytes(StandardCharsets.US_ASCII);',
    ...signing(scheme),
    `    var authorization = String.format(${text(authorization)}, ts, nonce, base64url.encodeToString(sig));`,
    '',
    `    var request = HttpRequest.newBuilder(URI.create(url + ${text(target)})).header("Authorization", authorization);`,
    '    headers.forEach(request::header);',
    '    var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();',
    `    var answer = client.send(request.method("${method}", ${publisher}).build(), HttpResponse.BodyHandlers.ofString());`,
    '    System.out.println(answer.statusCode() + " " + answer.body());',
    '  }',
    '}',
  ].join('\n');
}

function importsOf(scheme: SignedCall['scheme']): readonly string[] {
  return [
    'import java.net.URI;',
    'import java.net.http.HttpClient;',
    'import java.net.http.HttpRequest;',
    'import java.net.http.HttpResponse;',
    'import java.nio.charset.StandardCharsets;',
    ...(isHmac(scheme) ? [] : ['import java.nio.file.Files;', 'import java.nio.file.Path;']),
    'import java.security.*;',
    ...(isHmac(scheme) ? [] : ['import java.security.spec.*;']),
    'import java.util.*;',
    ...(isHmac(scheme) ? ['import javax.crypto.Mac;', 'import javax.crypto.spec.SecretKeySpec;'] : []),
  ];
}

function signing(scheme: SignedCall['scheme']): readonly string[] {
  if (isHmac(scheme)) {
    const [name, provider] = isSm(scheme) ? ['HmacSM3', ', "BC"'] : ['HmacSHA256', ''];
    return [
      `    var mac = Mac.getInstance("${name}"${provider});`,
      `    mac.init(new SecretKeySpec(Base64.getUrlDecoder().decode(System.getenv("KQ_KEY")), "${name}"));`,
      '    var sig = mac.doFinal(signed);',
    ];
  }
  const [factory, signature] =
    scheme === 'SM2-SM3' ? ['"EC", "BC"', '"SM3withSM2", "BC"'] : ['"RSA"', scheme === 'RSA-SHA256' ? '"SHA256withRSA"' : '"RSASSA-PSS"'];
  return [
    '    var pem = Files.readString(Path.of(System.getenv("KQ_KEY"))).replaceAll("-----[A-Z ]+-----|\\\\s", "");',
    `    var key = KeyFactory.getInstance(${factory}).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));`,
    `    var signer = Signature.getInstance(${signature});`,
    ...(scheme === 'RSA-PSS-SHA256'
      ? ['    signer.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));']
      : []),
    '    signer.initSign(key);',
    '    signer.update(signed);',
    '    var sig = signer.sign();',
  ];
}
