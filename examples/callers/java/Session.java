import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.*;
import java.security.spec.*;
import java.time.Duration;
import java.util.*;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * Opens a session with an SM2 key, sends an encrypted request that the session signs, verifies and opens the answer.
 *
 * <pre>java -cp bcprov.jar Session.java https://gateway.example:8443 A10021 k7 sign.pem encryption.pem p1.pem p2.pem</pre>
 *
 * sign.pem and encryption.pem are the private keys of the app; p1.pem and p2.pem are the platform's public keys for
 * signing and for encryption. Bouncy Castle has the SM algorithms. JSON is read here by patterns, to need no library.
 */
public class Session {
  static final String ENC = "SM4-CBC-HSM3";
  static final Set<String> COVERED = Set.of("content-encoding", "content-language", "content-type", "location", "retry-after");
  static final Set<String> OWN_LINES = Set.of("x-kq-signature", "x-kq-keyid", "x-kq-ts");
  static final SecureRandom RANDOM = new SecureRandom();
  static String url, app;
  static PrivateKey signKey, encryptionKey;
  static PublicKey platform, receiver;

  /** What signs requests, and what verifies their answers: the app's SM2 key, and later the session. */
  interface Signer {
    byte[] sign(byte[] text) throws Exception;

    boolean verify(byte[] text, byte[] signature) throws Exception;
  }

  record Answer(int status, byte[] body) {}

  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    url = args[0];
    app = args[1];
    signKey = privateKey(args[3]);
    encryptionKey = privateKey(args[4]);
    platform = publicKey(args[5]);
    receiver = publicKey(args[6]);
    var opened = call("SM2-SM3", args[2], new BySm2(), "POST", "/open/v1/sessions", null);
    if (opened.status != 201) throw new IOException("no session: " + text(opened.body));
    var secret = decode(member(text(opened.body), "key"));
    var content = bytes("{\"hospital\":\"A\",\"department\":\"0300\"}");
    var session = member(text(opened.body), "sessionId");
    var answer = call("HMAC-SM3", session, new InSession(secret), "POST", "/open/v1/appointments", content);
    System.out.println(answer.status + " " + text(answer.body));
  }

  static class BySm2 implements Signer {
    public byte[] sign(byte[] text) throws Exception {
      var signer = Signature.getInstance("SM3withSM2", "BC");
      signer.initSign(signKey);
      signer.update(text);
      return signer.sign();
    }

    public boolean verify(byte[] text, byte[] signature) throws Exception {
      var verifier = Signature.getInstance("SM3withSM2", "BC");
      verifier.initVerify(platform);
      verifier.update(text);
      return verifier.verify(signature);
    }
  }

  record InSession(byte[] secret) implements Signer {
    public byte[] sign(byte[] text) throws Exception {
      return hmac(secret, text);
    }

    public boolean verify(byte[] text, byte[] signature) throws Exception {
      return MessageDigest.isEqual(hmac(secret, text), signature);
    }
  }

  static Answer call(String scheme, String keyId, Signer by, String method, String path, byte[] content) throws Exception {
    var uri = URI.create(url + path);
    var ts = Long.toString(System.currentTimeMillis());
    var nonce = encode(random(16));
    var head = lines("KQ1", scheme, method, uri.getAuthority(), path, "", ts + " " + nonce + " " + app + " " + keyId);
    var headers = new TreeMap<String, String>();
    var body = new byte[0];
    if (content != null) {
      headers.put("content-type", "application/json");
      headers.put("idempotency-key", UUID.randomUUID().toString());
      headers.put("x-kq-enc", ENC);
      body = seal(head, content);
    }
    var signed = head + headerLines(headers) + lines(digest(body));
    var authorization = "KQ1-%s appid=\"%s\",keyid=\"%s\",ts=\"%s\",nonce=\"%s\",signed=\"%s\",sig=\"%s\"".formatted(
        scheme, app, keyId, ts, nonce, String.join(";", headers.keySet()), encode(by.sign(bytes(signed))));
    var request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).header("Authorization", authorization);
    headers.forEach(request::header);
    var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    var response = client.send(request.method(method, HttpRequest.BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofByteArray());

    var got = new TreeMap<String, String>();
    response.headers().map().forEach((name, values) -> got.put(name.toLowerCase(Locale.ROOT), values.get(0).strip()));
    var covered = new TreeMap<>(got);
    covered.keySet().removeIf(name -> OWN_LINES.contains(name) || !(COVERED.contains(name) || name.startsWith("x-kq-")));
    var received = response.body();
    if (!got.containsKey("x-kq-signature")) throw new IOException("refused before authentication: " + text(received));
    var proof = lines("KQ1-RESP", digest(bytes(signed)), scheme, Integer.toString(response.statusCode()), nonce,
        got.get("x-kq-ts"), got.get("x-kq-keyid")) + headerLines(covered) + lines(digest(received));
    if (!by.verify(bytes(proof), decode(got.get("x-kq-signature")))) throw new IOException("the signature of the answer does not hold");
    return new Answer(response.statusCode(), got.containsKey("x-kq-enc") ? unseal(head, received) : received);
  }

  static byte[] seal(String head, byte[] plain) throws Exception {
    var contentKey = random(32);
    var iv = random(16);
    var ct = sm4(Cipher.ENCRYPT_MODE, contentKey, iv, plain);
    var ek = encryptKey(contentKey);
    var tag = tag(contentKey, head + lines("request"), iv, ct);
    return bytes("{\"v\":1,\"enc\":\"%s\",\"kid\":\"p2\",\"ek\":\"%s\",\"iv\":\"%s\",\"ct\":\"%s\",\"tag\":\"%s\"}".formatted(
        ENC, encode(ek), encode(iv), encode(ct), encode(tag)));
  }

  static byte[] unseal(String head, byte[] body) throws Exception {
    var envelope = text(body);
    var contentKey = decryptKey(decode(member(envelope, "ek")));
    var iv = decode(member(envelope, "iv"));
    var ct = decode(member(envelope, "ct"));
    if (!MessageDigest.isEqual(tag(contentKey, head + lines("response"), iv, ct), decode(member(envelope, "tag"))))
      throw new IOException("the envelope was not made for this request");
    return sm4(Cipher.DECRYPT_MODE, contentKey, iv, ct);
  }

  /** KQ1 carries the DER sequence C1C3C2; Bouncy Castle makes 04, x, y, C3, C2 without it. */
  static byte[] encryptKey(byte[] contentKey) throws Exception {
    var raw = sm2(true, new ParametersWithRandom(PublicKeyFactory.createKey(receiver.getEncoded()), RANDOM), contentKey);
    var parts = new ASN1EncodableVector();
    parts.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, 1, 33))));
    parts.add(new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, 33, 65))));
    parts.add(new DEROctetString(Arrays.copyOfRange(raw, 65, 97)));
    parts.add(new DEROctetString(Arrays.copyOfRange(raw, 97, raw.length)));
    return new DERSequence(parts).getEncoded();
  }

  static byte[] decryptKey(byte[] der) throws Exception {
    var parts = ASN1Sequence.getInstance(der);
    var raw = ByteBuffer.allocate(97 + 32).put((byte) 4);
    for (var index = 0; index < 2; index++) {
      var number = ASN1Integer.getInstance(parts.getObjectAt(index)).getPositiveValue().toByteArray();
      var start = Math.max(0, number.length - 32);
      raw.put(new byte[32 - (number.length - start)]).put(number, start, number.length - start);
    }
    for (var index = 2; index < 4; index++) raw.put(ASN1OctetString.getInstance(parts.getObjectAt(index)).getOctets());
    return sm2(false, PrivateKeyFactory.createKey(encryptionKey.getEncoded()), raw.array());
  }

  static byte[] sm2(boolean encrypts, CipherParameters key, byte[] data) throws Exception {
    var engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    engine.init(encrypts, key);
    return engine.processBlock(data, 0, data.length);
  }

  static byte[] sm4(int mode, byte[] contentKey, byte[] iv, byte[] data) throws Exception {
    var cipher = Cipher.getInstance("SM4/CBC/PKCS7Padding", "BC");
    cipher.init(mode, new SecretKeySpec(derive(contentKey, "KQ1-ENC", 16), "SM4"), new IvParameterSpec(iv));
    return cipher.doFinal(data);
  }

  static byte[] tag(byte[] contentKey, String aad, byte[] iv, byte[] ct) throws Exception {
    var covered = ByteBuffer.allocate(8 + aad.length() + iv.length + ct.length);
    return hmac(derive(contentKey, "KQ1-MAC", 32), covered.putLong(aad.length()).put(bytes(aad)).put(iv).put(ct).array());
  }

  static byte[] derive(byte[] contentKey, String info, int length) {
    var generator = new HKDFBytesGenerator(new SM3Digest());
    generator.init(new HKDFParameters(contentKey, null, bytes(info)));
    var key = new byte[length];
    generator.generateBytes(key, 0, length);
    return key;
  }

  static byte[] hmac(byte[] key, byte[] data) throws Exception {
    var mac = Mac.getInstance("HMACSM3", "BC");
    mac.init(new SecretKeySpec(key, "HMACSM3"));
    return mac.doFinal(data);
  }

  static String digest(byte[] data) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SM3", "BC").digest(data));
  }

  static PrivateKey privateKey(String file) throws Exception {
    return KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(der(file)));
  }

  static PublicKey publicKey(String file) throws Exception {
    return KeyFactory.getInstance("EC", "BC").generatePublic(new X509EncodedKeySpec(der(file)));
  }

  static byte[] der(String file) throws IOException {
    return Base64.getDecoder().decode(Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", ""));
  }

  static String member(String json, String name) {
    var found = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
    if (!found.find()) throw new IllegalArgumentException("no " + name + " in " + json);
    return found.group(1);
  }

  static String lines(String... values) {
    return String.join("\n", values) + "\n";
  }

  static String headerLines(SortedMap<String, String> headers) {
    var text = new StringBuilder();
    headers.forEach((name, value) -> text.append(lines(name + ":" + value)));
    return text.toString();
  }

  static byte[] random(int size) {
    var data = new byte[size];
    RANDOM.nextBytes(data);
    return data;
  }

  static String encode(byte[] data) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(data);
  }

  static byte[] decode(String text) {
    return Base64.getUrlDecoder().decode(text);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] data) {
    return new String(data, StandardCharsets.UTF_8);
  }
}
