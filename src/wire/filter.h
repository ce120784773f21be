/* filter - smtpd -> a program that stands in pneu-queue's place: what is known of the session, in the environment
 *
 * Beside UCSPI's own (TCPREMOTEIP, TCPREMOTEPORT, TCPREMOTEHOST, TCPLOCALIP...), which smtpd passes on, and of which it
 * sets TCPREMOTEIP and TCPREMOTEPORT itself where they are missing. Each has at most FILTER_WORD bytes without controls, all but
 * the login printable ASCII, is set anew for each message, and missing where it says so. Without TCPREMOTEIP the
 * message comes from a program on this host.
 *   reader  pneu-milter; it masks and bounds them again
 *   manual  pneu-milter(8), pneu-smtpd(8) */
#ifndef WIRE_FILTER_H
#define WIRE_FILTER_H

#define FILTER_WORD 1000

#define FILTER_HELO "PNEU_HELO"                 /* what the client called itself; missing: it did not */
#define FILTER_PROTOCOL "PNEU_PROTOCOL"         /* RFC 3848, 6531: SMTP, ESMTP, ESMTPSA, UTF8SMTP... */
#define FILTER_LOGIN "PNEU_LOGIN"               /* the name that was authenticated; missing: none was */
#define FILTER_TLS "PNEU_TLS"                   /* "VERSION CIPHER BITS", words may be missing at the end,
						 * or "TLS": nothing is known of it; missing: no TLS */
#define FILTER_SESSION "PNEU_SESSION"           /* the session's id in the log and in the Received line */

#endif
