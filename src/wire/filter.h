/* filter - smtpd -> a program that stands in pneu-queue's place: what is known of the session, in the environment
 *
 * Beside UCSPI's own (TCPREMOTEIP, TCPREMOTEPORT, TCPREMOTEHOST, TCPLOCALIP...), which smtpd passes on, and of which it
 * sets TCPREMOTEIP and TCPREMOTEPORT itself where they are missing. Each is printable ASCII of at most FILTER_WORD bytes, set
 * anew for each message, and missing where it says so. Without TCPREMOTEIP the message comes from a program on this host.
 *   reader  pneu-milter; it masks and bounds them again
 *   manual  pneu-milter(8), pneu-smtpd(8) */
#ifndef WIRE_FILTER_H
#define WIRE_FILTER_H

#define FILTER_WORD 1000

#define FILTER_HELO "PNEU_HELO"                 /* what the client called itself; missing: it did not */
#define FILTER_PROTOCOL "PNEU_PROTOCOL"         /* RFC 3848: SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA */
#define FILTER_LOGIN "PNEU_LOGIN"               /* the name that was authenticated; missing: none was */
#define FILTER_TLS "PNEU_TLS"                   /* "VERSION CIPHER BITS", words may be missing at the end; missing: no TLS */
#define FILTER_SESSION "PNEU_SESSION"           /* the session's id in the log and in the Received line */

#endif
