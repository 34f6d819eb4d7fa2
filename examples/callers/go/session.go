// Opens a session with an SM2 key, sends an encrypted request that the session signs, verifies and opens the answer.
//
//	go run . https://gateway.example:8443 A10021 k7 sign.pem encryption.pem p1.pem p2.pem
//
// sign.pem and encryption.pem are the private keys of the app; p1.pem and p2.pem are the platform's public keys for
// signing and for encryption.
package main

import (
	"bytes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
)

const (
	enc    = "SM4-CBC-HSM3"
	userID = "1234567812345678"
)

var (
	base64url = base64.RawURLEncoding
	address   = os.Args[1]
	app       = os.Args[2]
	signKey   = privateKey(os.Args[4])
	ownKey    = privateKey(os.Args[5])
	platform  = publicKey(os.Args[6])
	receiver  = publicKey(os.Args[7])
)

// What signs requests, and what verifies their answers: the app's SM2 key, and later the session.
type credentials struct {
	scheme, keyID string
	sign          func(text []byte) []byte
	verify        func(text, signature []byte) bool
}

type envelope struct {
	V   int    `json:"v"`
	Enc string `json:"enc"`
	Kid string `json:"kid"`
	Ek  string `json:"ek"`
	Iv  string `json:"iv"`
	Ct  string `json:"ct"`
	Tag string `json:"tag"`
}

func main() {
	bySM2 := credentials{"SM2-SM3", os.Args[3],
		func(text []byte) []byte { return must(signKey.SignWithSM2(rand.Reader, []byte(userID), text)) },
		func(text, signature []byte) bool {
			return sm2.VerifyASN1WithSM2(platform, []byte(userID), text, signature)
		}}
	status, opened := call(bySM2, "POST", "/open/v1/sessions", nil)
	var session struct{ SessionID, Key string }
	check(json.Unmarshal(opened, &session))
	if status != 201 {
		check(fmt.Errorf("no session: %s", opened))
	}
	secret := must(base64url.DecodeString(session.Key))
	inSession := credentials{"HMAC-SM3", session.SessionID,
		func(text []byte) []byte { return mac(secret, text) },
		func(text, signature []byte) bool { return hmac.Equal(mac(secret, text), signature) }}
	status, opened = call(inSession, "POST", "/open/v1/appointments", []byte(`{"hospital":"A","department":"0300"}`))
	fmt.Println(status, string(opened))
}

func call(by credentials, method, path string, content []byte) (int, []byte) {
	ts, nonce := strconv.FormatInt(time.Now().UnixMilli(), 10), base64url.EncodeToString(random(16))
	host := must(url.Parse(address)).Host
	head := lines("KQ1", by.scheme, method, host, path, "", strings.Join([]string{ts, nonce, app, by.keyID}, " "))
	headers, names, body := map[string]string{}, []string{}, []byte{}
	if content != nil {
		headers = map[string]string{"content-type": "application/json", "idempotency-key": hex.EncodeToString(random(16)), "x-kq-enc": enc}
		names = []string{"content-type", "idempotency-key", "x-kq-enc"}
		body = seal(head, content)
	}
	text := []byte(head + headerLines(names, headers) + lines(digest(body)))

	request := must(http.NewRequest(method, address+path, bytes.NewReader(body)))
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Authorization", fmt.Sprintf(`KQ1-%s appid="%s",keyid="%s",ts="%s",nonce="%s",signed="%s",sig="%s"`,
		by.scheme, app, by.keyID, ts, nonce, strings.Join(names, ";"), base64url.EncodeToString(by.sign(text))))
	answer := must((&http.Client{Timeout: 10 * time.Second}).Do(request))
	defer answer.Body.Close()
	received := must(io.ReadAll(io.LimitReader(answer.Body, 10<<20)))

	got, covered := map[string]string{}, []string{}
	for name := range answer.Header {
		lower := strings.ToLower(name)
		got[lower] = answer.Header.Get(name)
		if isCovered(lower) {
			covered = append(covered, lower)
		}
	}
	slices.Sort(covered)
	proof := lines("KQ1-RESP", digest(text), by.scheme, strconv.Itoa(answer.StatusCode), nonce, got["x-kq-ts"], got["x-kq-keyid"])
	proof += headerLines(covered, got) + lines(digest(received))
	signature := must(base64url.DecodeString(got["x-kq-signature"]))
	if len(signature) == 0 || !by.verify([]byte(proof), signature) {
		check(fmt.Errorf("not signed by the platform: %s", received))
	}
	if got["x-kq-enc"] == "" {
		return answer.StatusCode, received
	}
	return answer.StatusCode, unseal(head, received)
}

func isCovered(name string) bool {
	if name == "x-kq-signature" || name == "x-kq-keyid" || name == "x-kq-ts" {
		return false
	}
	always := []string{"content-encoding", "content-language", "content-type", "location", "retry-after"}
	return slices.Contains(always, name) || strings.HasPrefix(name, "x-kq-")
}

func seal(head string, plain []byte) []byte {
	contentKey, iv := random(32), random(16)
	block, macKey := keysOf(contentKey)
	ct := padding.NewPKCS7Padding(16).Pad(plain)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(ct, ct)
	ek := must(sm2.EncryptASN1(rand.Reader, receiver, contentKey))
	text := base64url.EncodeToString
	tag := tagOf(macKey, head+lines("request"), iv, ct)
	return must(json.Marshal(envelope{1, enc, "p2", text(ek), text(iv), text(ct), text(tag)}))
}

func unseal(head string, body []byte) []byte {
	var sealed envelope
	check(json.Unmarshal(body, &sealed))
	bytesOf := func(text string) []byte { return must(base64url.DecodeString(text)) }
	iv, ct := bytesOf(sealed.Iv), bytesOf(sealed.Ct)
	block, macKey := keysOf(must(ownKey.Decrypt(rand.Reader, bytesOf(sealed.Ek), nil)))
	if !hmac.Equal(tagOf(macKey, head+lines("response"), iv, ct), bytesOf(sealed.Tag)) {
		check(errors.New("the envelope was not made for this request"))
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(ct, ct)
	return must(padding.NewPKCS7Padding(16).Unpad(ct))
}

func keysOf(contentKey []byte) (cipher.Block, []byte) {
	encKey := must(hkdf.Key(sm3.New, contentKey, nil, "KQ1-ENC", 16))
	return must(sm4.NewCipher(encKey)), must(hkdf.Key(sm3.New, contentKey, nil, "KQ1-MAC", 32))
}

func tagOf(macKey []byte, aad string, iv, ct []byte) []byte {
	length := binary.BigEndian.AppendUint64(nil, uint64(len(aad)))
	return mac(macKey, slices.Concat(length, []byte(aad), iv, ct))
}

func mac(key, data []byte) []byte {
	hash := hmac.New(sm3.New, key)
	hash.Write(data)
	return hash.Sum(nil)
}

func digest(data []byte) string {
	sum := sm3.Sum(data)
	return hex.EncodeToString(sum[:])
}

func lines(values ...string) string {
	return strings.Join(values, "\n") + "\n"
}

func headerLines(names []string, values map[string]string) string {
	text := ""
	for _, name := range names {
		text += lines(name + ":" + values[name])
	}
	return text
}

func privateKey(file string) *sm2.PrivateKey {
	block, _ := pem.Decode(must(os.ReadFile(file)))
	return must(smx509.ParsePKCS8PrivateKey(block.Bytes)).(*sm2.PrivateKey)
}

func publicKey(file string) *ecdsa.PublicKey {
	block, _ := pem.Decode(must(os.ReadFile(file)))
	return must(smx509.ParsePKIXPublicKey(block.Bytes)).(*ecdsa.PublicKey)
}

func random(size int) []byte {
	data := make([]byte, size)
	must(rand.Read(data))
	return data
}

func must[Value any](value Value, err error) Value {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
