/* Preloaded into the server, which has no setting for it: what it binds to all addresses is bound to the loopback address. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int bind(int socket, const struct sockaddr *address, socklen_t length) {
  static int (*system_bind)(int, const struct sockaddr *, socklen_t);
  if (!system_bind) system_bind = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
  if (address->sa_family == AF_INET) {
    struct sockaddr_in local;
    memcpy(&local, address, sizeof local);
    if (local.sin_addr.s_addr == htonl(INADDR_ANY)) local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return system_bind(socket, (struct sockaddr *)&local, sizeof local);
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 local;
    memcpy(&local, address, sizeof local);
    static const unsigned char loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
    if (IN6_IS_ADDR_UNSPECIFIED(&local.sin6_addr)) memcpy(&local.sin6_addr, loopback, sizeof loopback);
    return system_bind(socket, (struct sockaddr *)&local, sizeof local);
  }
  return system_bind(socket, address, length);
}
