/**
 * Suites of TLS 1.2 and 1.3 that listeners take, in the form of OpenSSL: AEAD first, then those with SHA-256 or SHA-384; none whose MAC is
 * SHA-1 (GB/T 39786 and most audits refuse CBC with it), none without forward secrecy.
 */
export const LISTENER_CIPHERS =
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:' +
  'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:!SHA1:!aNULL:!eNULL:!PSK';
