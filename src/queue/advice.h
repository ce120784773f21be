/* advice - what an enhanced status code (RFC 3463) means to who wrote the message, in plain words, and what can be done */
#ifndef QUEUE_ADVICE_H
#define QUEUE_ADVICE_H

/* Lines of at most 70 bytes with LF between them; "" where there is nothing better to say than what the server said.
 * The class, the first digit, does not matter. */
const char *advice(const char *status);

#endif
