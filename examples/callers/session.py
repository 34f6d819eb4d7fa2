"""Opens a session with an SM2 key, sends an encrypted request that the session signs, verifies and opens the answer.

    python3 session.py https://gateway.example:8443 A10021 k7 sign.pem encryption.pem p1.pem p2.pem

sign.pem and encryption.pem are the private keys of the app; p1.pem and p2.pem are the platform's public keys for signing
and for encryption. Needs OpenSSL 3, which has SM2, and `pip install cryptography`, which has SM4.
"""

import base64, hashlib, hmac, json, secrets, subprocess, sys, tempfile, time, urllib.error, urllib.request
from urllib.parse import urlsplit
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

url, app, key_id, sign_key, encryption_key, platform_sign_key, platform_encryption_key = sys.argv[1:]
host = urlsplit(url).netloc
DISTID = ["-sigopt", "distid:1234567812345678"]
SIGNED = {"content-encoding", "content-language", "content-type", "location", "retry-after"}
OWN_LINES = {"x-kq-signature", "x-kq-keyid", "x-kq-ts"}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sm3(data):
    return hashlib.new("sm3", data).hexdigest()


def hmac_sm3(key, data):
    return hmac.new(key, data, "sm3").digest()


def openssl(*arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def lines(*values):
    return "".join(value + "\n" for value in values)


# What signs requests, and what verifies their answers: the app's SM2 key, and later the session.
def sm2_sign(text):
    return openssl("dgst", "-sm3", "-sign", sign_key, *DISTID, "-binary", data=text)


def sm2_verify(text, signature):
    with tempfile.NamedTemporaryFile() as file:
        file.write(signature)
        file.flush()
        openssl("dgst", "-sm3", "-verify", platform_sign_key, *DISTID, "-signature", file.name, data=text)


# Envelopes. A content key gives two keys by HKDF-SM3, of which each needs one block only.
def keys_of(content_key):
    extracted = hmac_sm3(bytes(32), content_key)
    return hmac_sm3(extracted, b"KQ1-ENC\x01")[:16], hmac_sm3(extracted, b"KQ1-MAC\x01")


def tag_of(mac_key, aad, iv, ct):
    return hmac_sm3(mac_key, len(aad).to_bytes(8, "big") + aad + iv + ct)


def seal(head, plain):
    content_key, iv, aad = secrets.token_bytes(32), secrets.token_bytes(16), lines("request")
    enc_key, mac_key = keys_of(content_key)
    padder, cipher = PKCS7(128).padder(), Cipher(algorithms.SM4(enc_key), modes.CBC(iv)).encryptor()
    ct = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    ek = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", platform_encryption_key, data=content_key)
    tag = tag_of(mac_key, (head + aad).encode(), iv, ct)
    envelope = {"v": 1, "enc": "SM4-CBC-HSM3", "kid": "p2", "ek": encode(ek), "iv": encode(iv), "ct": encode(ct)}
    return json.dumps({**envelope, "tag": encode(tag)}).encode()


def unseal(head, body):
    envelope = json.loads(body)
    iv, ct = decode(envelope["iv"]), decode(envelope["ct"])
    enc_key, mac_key = keys_of(openssl("pkeyutl", "-decrypt", "-inkey", encryption_key, data=decode(envelope["ek"])))
    tag = tag_of(mac_key, (head + lines("response")).encode(), iv, ct)
    if not hmac.compare_digest(tag, decode(envelope["tag"])):
        raise ValueError("the envelope was not made for this request")
    cipher, unpadder = Cipher(algorithms.SM4(enc_key), modes.CBC(iv)).decryptor(), PKCS7(128).unpadder()
    return unpadder.update(cipher.update(ct) + cipher.finalize()) + unpadder.finalize()


def call(scheme, signer_id, sign, verify, method, path, content=None):
    ts, nonce = str(int(time.time() * 1000)), encode(secrets.token_bytes(16))
    head = lines("KQ1", scheme, method, host, path, "", f"{ts} {nonce} {app} {signer_id}")
    headers, body = {}, b""
    if content is not None:
        headers = {"content-type": "application/json", "idempotency-key": secrets.token_hex(16), "x-kq-enc": "SM4-CBC-HSM3"}
        body = seal(head, content)
    text = (head + lines(*[f"{name}:{headers[name]}" for name in sorted(headers)]) + lines(sm3(body))).encode()
    signed = f'signed="{";".join(sorted(headers))}",sig="{encode(sign(text))}"'
    headers["authorization"] = f'KQ1-{scheme} appid="{app}",keyid="{signer_id}",ts="{ts}",nonce="{nonce}",{signed}'
    request = urllib.request.Request(url + path, data=body or None, headers=headers, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    received = answer.read()
    got = {name.lower(): value.strip() for name, value in answer.headers.items()}
    covered = [name for name in sorted(got) if name in SIGNED or (name.startswith("x-kq-") and name not in OWN_LINES)]
    if "x-kq-signature" not in got:
        raise ValueError(f"refused before authentication: {received.decode()}")
    proof = lines("KQ1-RESP", sm3(text), scheme, str(answer.status), nonce, got["x-kq-ts"], got["x-kq-keyid"])
    proof += lines(*[f"{name}:{got[name]}" for name in covered]) + lines(sm3(received))
    verify(proof.encode(), decode(got["x-kq-signature"]))
    return answer.status, unseal(head, received) if "x-kq-enc" in got else received


def session_verify(text, signature):
    if not hmac.compare_digest(hmac_sm3(secret, text), signature):
        raise ValueError("the signature of the answer does not hold")


status, opened = call("SM2-SM3", key_id, sm2_sign, sm2_verify, "POST", "/open/v1/sessions")
session = json.loads(opened)
if status != 201:
    raise ValueError(f"no session: {session}")
secret = decode(session["key"])
content = json.dumps({"hospital": "A", "department": "0300"}).encode()
in_session = ("HMAC-SM3", session["sessionId"], lambda text: hmac_sm3(secret, text), session_verify)
status, opened = call(*in_session, "POST", "/open/v1/appointments", content)
print(status, opened.decode())
