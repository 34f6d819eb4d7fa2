// What the test of deploy/tlcp-proxy needs of a TLCP client: `certs FOLDER` makes an authority and the two certificates
// of a server; `call FOLDER ADDRESS FROM` sends the HTTP request on its standard input from this local address.
package main

import (
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"

	"github.com/tjfoc/gmsm/gmtls"
	"github.com/tjfoc/gmsm/sm2"
	"github.com/tjfoc/gmsm/x509"
)

func main() {
	if os.Args[1] == "certs" {
		makeCertificates(os.Args[2])
	} else {
		call(os.Args[2], os.Args[3], os.Args[4])
	}
}

func call(folder, address, from string) {
	authority, err := os.ReadFile(folder + "/ca.pem")
	must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	config := &gmtls.Config{GMSupport: gmtls.NewGMSupport(), RootCAs: pool, ServerName: "localhost"}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	connection, err := gmtls.DialWithDialer(dialer, "tcp", address, config)
	must(err)
	state := connection.ConnectionState()
	fmt.Printf("version %#x cipher %#x certificates %d\n", state.Version, state.CipherSuite, len(state.PeerCertificates))
	must(connection.SetDeadline(time.Now().Add(30 * time.Second)))
	request, err := io.ReadAll(os.Stdin)
	must(err)
	_, err = connection.Write(request)
	must(err)
	_, err = io.Copy(os.Stdout, connection)
	must(err)
}

func makeCertificates(folder string) {
	key, err := sm2.GenerateKey(rand.Reader)
	must(err)
	authority := template(1, "Test SM2 CA", x509.KeyUsageCertSign)
	authority.IsCA = true
	save(folder+"/ca.pem", authority, authority, key, key)
	for serial, name := range []string{"sign", "enc"} {
		usage := x509.KeyUsageDigitalSignature
		if name == "enc" {
			usage = x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment | x509.KeyUsageKeyAgreement
		}
		own, err := sm2.GenerateKey(rand.Reader)
		must(err)
		save(folder+"/"+name+".pem", template(int64(serial+2), "localhost", usage), authority, own, key)
		text, err := x509.WritePrivateKeyToPem(own, nil)
		must(err)
		must(os.WriteFile(folder+"/"+name+".key", text, 0600))
	}
}

func template(serial int64, name string, usage x509.KeyUsage) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, KeyUsage: usage,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true, SignatureAlgorithm: x509.SM2WithSM3,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

func save(path string, certificate, issuer *x509.Certificate, own, signer *sm2.PrivateKey) {
	der, err := x509.CreateCertificate(certificate, issuer, &own.PublicKey, signer)
	must(err)
	must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0600))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
