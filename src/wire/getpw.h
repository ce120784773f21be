/* getpw - a static program <-> pneu-getpw, over two pipes: what the name service knows of a login name
 *
 *   from     bytes                              meaning
 *   caller   name 0                             who is that?
 *   caller   "#" uid 0                          who has this uid?
 *   getpw    "K" name:x:uid:gid:gecos:home: 0   a line as in /etc/passwd; gecos is left out if it is no field or longer than
 *                                               GETPW_GECOS bytes
 *            "N" 0                              nobody
 *            "Z" text 0                         it cannot be told now, because of text
 *
 *   order    one answer to each name, in order; end of file on its descriptor 0 ends pneu-getpw
 *   limits   a name GETPW_NAME bytes, an answer GETPW_ANSWER with its 0; GETPW_TIMEOUT_S seconds for each, after which the
 *            caller gives up and pneu-getpw ends itself
 *   trust    the caller checks the answer: its form, and that name or uid is the one it asked for
 *   tests    tests/program/getpw.t, tests/unit/passwd_test.c      manual: pneu-getpw(8) */
#ifndef WIRE_GETPW_H
#define WIRE_GETPW_H

#define GETPW_NAME 255
#define GETPW_ANSWER 8192
#define GETPW_GECOS 1000
#define GETPW_TIMEOUT_S 10

#endif
