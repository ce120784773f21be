#include "wire/spawner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "wire/packet.h"

bool
spawner_ask(int sock, const struct spawner_request *r, int flags)
{
	struct buf b = BUF(SPAWNER_PACKET);

	if (strlen(r->key) > SPAWNER_KEY) {
		errno = EMSGSIZE;
		return false;
	}
	return packet_send(sock, &b, fields_put_num(&b, r->number) && fields_put(&b, r->key), -1, flags);
}

bool
spawner_answer(int sock, const struct spawner_answer *a, int flags)
{
	struct buf b = BUF(SPAWNER_PACKET);
	char verdict[2] = { a->verdict, 0 };
	bool ok = fields_put_num(&b, a->number) && fields_put(&b, verdict) && fields_put(&b, a->status) &&
	    packet_put_text(&b, a->text);

	return packet_send(sock, &b, ok, a->verdict == 'K' ? a->worker : -1, flags);
}

enum job_result
spawner_asked(int sock, char *space, struct spawner_request *r, int flags)
{
	struct fields f;
	int pass;
	enum job_result got = packet_receive(sock, space, SPAWNER_PACKET, &f, &pass, flags);

	if (got != JOB_GOT)
		return got;
	if (pass >= 0)
		close(pass);
	if (pass < 0 && fields_next_num(&f, 0, UINT64_MAX, &r->number) && (r->key = fields_next(&f)) &&
	    strlen(r->key) <= SPAWNER_KEY && !fields_next(&f))
		return JOB_GOT;
	errno = EPROTO;
	return JOB_BAD;
}

static bool
parse_answer(struct fields *f, struct spawner_answer *a)
{
	const char *verdict;

	if (!fields_next_num(f, 0, UINT64_MAX, &a->number) || !(verdict = fields_next(f)) ||
	    !(a->status = fields_next(f)) || !(a->text = fields_next(f)) || fields_next(f))
		return false;
	a->verdict = verdict[0];
	return verdict[0] && !verdict[1] && strchr("KZD", verdict[0]) && (a->verdict == 'K') == (a->worker >= 0) &&
	    (a->verdict == 'K' || job_status(a->status)) && strlen(a->text) <= JOB_TEXT;
}

enum job_result
spawner_answered(int sock, char *space, struct spawner_answer *a, int flags)
{
	struct fields f;
	enum job_result got = packet_receive(sock, space, SPAWNER_PACKET, &f, &a->worker, flags);

	if (got != JOB_GOT || parse_answer(&f, a))
		return got;
	if (a->worker >= 0)
		close(a->worker);
	a->worker = -1;
	errno = EPROTO;
	return JOB_BAD;
}
