#include "mail/idna.h"

#include <errno.h>
#include <string.h>

#include "tap.h"

static const char *
ascii(const char *domain)
{
	static struct buf b = BUF(1000);

	buf_clear(&b);
	return idna_ascii(&b, domain, strlen(domain)) ? b.len ? b.s : "" : b.len ? "not unchanged" : errno == EILSEQ ? "no UTF-8" :
	    errno == EMSGSIZE ? "long" : "?";
}

int
main(void)
{
	char label[200];
	struct buf b = BUF(12);

	same(ascii("mx.Example"), "mx.Example", "ASCII stays");
	same(ascii("b\xc3\xbc""cher.example"), "xn--bcher-kva.example", "a label of both kinds");
	same(ascii("B\xc3\xbc""cher.Example"), "xn--bcher-kva.Example", "its ASCII letters become small");
	same(ascii("\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88"), "xn--r8jz45g.xn--zckzah", "labels without ASCII");
	same(ascii("\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84"), "xn--e1afmkfd.xn--p1ai", "Cyrillic");
	same(ascii("stra\xc3\x9f""e.de"), "xn--strae-oqa.de", "a sharp s");
	/* RFC 3492 7.1, samples B, C and L */
	same(ascii("\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87"),
	    "xn--ihqwcrb4cv8a8dqg056pqjye", "the RFC's Chinese");
	same(ascii("\xe4\xbb\x96\xe5\x80\x91\xe7\x88\xb2\xe4\xbb\x80\xe9\xba\xbd\xe4\xb8\x8d\xe8\xaa\xaa\xe4\xb8\xad\xe6\x96\x87"),
	    "xn--ihqwctvzc91f659drss3x8bo0yb", "in the old letters");
	same(ascii("3\xe5\xb9\xb4" "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7\x94\x9f"), "xn--3b-ww4c5e180e575a65lsy2b", "and Japanese with ASCII");
	same(ascii("a.\xf0\x9f\x93\xa8.b"), "a.xn--eu8h.b", "beyond 16 bits");
	same(ascii(""), "", "nothing");
	same(ascii("a\xff.b"), "no UTF-8", "bytes that are no UTF-8");
	memset(label, 'a', 63);
	strcpy(label + 63, "\xc3\xbc");
	same(ascii(label), "long", "a label of 64 characters");
	strcpy(label + 58, "\xc3\xbc");
	same(ascii(label), "long", "one that becomes longer than 63");
	ok(!idna_ascii(&b, "b\xc3\xbc""cher.example", 15) && errno == EMSGSIZE && b.len == 0, "no room: nothing is put");
	return done();
}
