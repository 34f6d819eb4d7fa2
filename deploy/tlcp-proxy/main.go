// Ends TLCP (GB/T 38636, one way, ECC_SM4_CBC_SM3) in front of a gateway, and hands each request on by TLS.
// docs/tlcp.md says how it was run and what it does not do.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"github.com/tjfoc/gmsm/gmtls"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9443", "address for TLCP")
	upstream := flag.String("upstream", "https://127.0.0.1:8441", "address of the gateway")
	ca := flag.String("ca", "ca.crt", "certificate authority of the gateway, in PEM")
	sign := flag.String("sign", "sign", "certificate and key for signing: <name>.pem and <name>.key")
	enc := flag.String("enc", "enc", "certificate and key for encryption: <name>.pem and <name>.key")
	flag.Parse()

	config := &gmtls.Config{
		GMSupport:    gmtls.NewGMSupport(),
		Certificates: []gmtls.Certificate{pair(*sign), pair(*enc)},
		// Without this list, gmtls panics when a client offers ECDHE-SM2 only.
		CipherSuites: []uint16{gmtls.GMTLS_SM2_WITH_SM4_SM3},
	}
	listener, err := net.Listen("tcp", *listen)
	must(err)
	target, err := url.Parse(*upstream)
	must(err)
	server := &http.Server{
		Handler: &httputil.ReverseProxy{
			Rewrite:   func(request *httputil.ProxyRequest) { rewrite(request, target) },
			Transport: transport(*ca),
		},
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	log.Print("listening on ", listener.Addr())
	log.Fatal(server.Serve(gmtls.NewListener(listener, config)))
}

// Keeps the host, which callers sign. Whatever X-Forwarded-For a client sent is replaced by its own address.
func rewrite(request *httputil.ProxyRequest, target *url.URL) {
	request.SetURL(target)
	request.Out.Host = request.In.Host
	request.SetXForwarded()
	request.Out.Header.Set("X-Forwarded-Proto", "tlcp")
}

func transport(ca string) *http.Transport {
	authorities := x509.NewCertPool()
	text, err := os.ReadFile(ca)
	must(err)
	if !authorities.AppendCertsFromPEM(text) {
		log.Fatal(ca, " has no certificate")
	}
	return &http.Transport{
		TLSClientConfig:       &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
		ResponseHeaderTimeout: 75 * time.Second,
		MaxIdleConnsPerHost:   100,
	}
}

func pair(name string) gmtls.Certificate {
	certificate, err := gmtls.LoadX509KeyPair(name+".pem", name+".key")
	must(err)
	return certificate
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
