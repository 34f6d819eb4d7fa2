module kangqiao/tlcp-proxy

go 1.24

require github.com/tjfoc/gmsm v1.4.1

require (
	golang.org/x/crypto v0.4.0 // indirect
	golang.org/x/sys v0.3.0 // indirect
)
