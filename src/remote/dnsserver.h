/* dnsserver - which resolvers to ask: from $DNSCACHEIP or the text of resolv.conf(5) */
#ifndef REMOTE_DNSSERVER_H
#define REMOTE_DNSSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <netinet/in.h>

#define DNSSERVER_MAX 8
#define DNSSERVER_TEXT 64

struct dnsserver {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr;
	socklen_t len;
	bool trusted;                   /* what it says of DNSSEC is believed: a loopback address, or trust-ad */
	char text[DNSSERVER_TEXT];      /* as it was written, for messages */
};

/* addresses between blanks, each IP, IPv4:PORT or [IPv6]:PORT, and maybe the word "trust-ad", which makes all of them
 * trusted; false: a word is none of them, there are more than DNSSERVER_MAX, or trust-ad alone. No words: *n is 0. */
bool dnsserver_list(const char *text, struct dnsserver list[DNSSERVER_MAX], size_t *n);
/* The nameserver lines of text; what is not understood is left out, as are those after DNSSERVER_MAX; how many. The word
 * trust-ad in an "options" line makes all of them trusted (resolv.conf(5)). */
size_t dnsserver_resolv(const char *text, size_t len, struct dnsserver list[DNSSERVER_MAX]);

#endif
