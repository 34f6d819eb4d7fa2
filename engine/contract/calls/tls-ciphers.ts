/**
 * TLS 1.2 and 1.3 cipher suites for listeners, in OpenSSL format. AEAD suites come first, then those with SHA-256 or
 * SHA-384. The list has no suite with a SHA-1 MAC, because GB/T 39786 and most audits reject it, and none without
 * forward secrecy.
 */
export const LISTENER_CIPHERS =
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:' +
  'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:!SHA1:!aNULL:!eNULL:!PSK';
