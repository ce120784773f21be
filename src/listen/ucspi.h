/* ucspi - the environment of a session
 *
 *   PROTO          TCP, or TCP6 when the client's address is IPv6
 *   TCPLOCALIP     TCPLOCALPORT     our end
 *   TCPREMOTEIP    TCPREMOTEPORT    theirs; addresses as ip_text writes them
 *   TCPLOCALHOST   only if a name was given
 *   TCPPROXYIP     only behind a proxy: the proxy's address; the four above are those of the client's connection to it
 *   SSL_PROTOCOL   SSL_CIPHER       only if the proxy told that the client spoke TLS to it
 *   and what the rule says, which goes before all others of the same name; then what we inherited.
 * Nobody is asked for names: TCPREMOTEHOST and TCPREMOTEINFO are never set, and none of these is inherited.
 * Memory is taken once, by ucspi_init. */
#ifndef LISTEN_UCSPI_H
#define LISTEN_UCSPI_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/ip.h"
#include "listen/listener.h"
#include "listen/proxy.h"
#include "wire/rules.h"

enum { UCSPI_PROTO, UCSPI_LOCALIP, UCSPI_LOCALPORT, UCSPI_REMOTEIP, UCSPI_REMOTEPORT, UCSPI_LOCALHOST,
	UCSPI_PROXYIP, UCSPI_TLS, UCSPI_CIPHER, UCSPI_VARS };

struct ucspi {
	char **inherited, **env;        /* each ends in 0 */
	char *local_host;               /* "TCPLOCALHOST=NAME" or 0 */
	char proto[sizeof "PROTO=TCP6"];
	char local_ip[sizeof "TCPLOCALIP=" + IP_TEXT], local_port[sizeof "TCPLOCALPORT=65535"];
	char remote_ip[sizeof "TCPREMOTEIP=" + IP_TEXT], remote_port[sizeof "TCPREMOTEPORT=65535"];
	char proxy_ip[sizeof "TCPPROXYIP=" + IP_TEXT], tls[sizeof "SSL_PROTOCOL=" + PROXY_WORD],
	    cipher[sizeof "SSL_CIPHER=" + PROXY_WORD];      /* "": not set */
};

/* environ and local_host (0: none) must outlive it; false: ENOMEM */
bool ucspi_init(struct ucspi *, char **environ, const char *local_host);
void ucspi_free(struct ucspi *);
/* whom it is about from now on; the text of the client's address, valid until the next call */
const char *ucspi_connection(struct ucspi *, const struct connection *);
/* the same, but the connection came through this one's remote end, whose header h was */
const char *ucspi_relayed(struct ucspi *, const struct connection *, const struct proxy_header *);
/* the environment for that connection under that rule; valid until the next call or the rule's end */
char **ucspi_env(struct ucspi *, const struct rule *);

#endif
