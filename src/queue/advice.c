#include "queue/advice.h"

#include <stddef.h>
#include <string.h>

/* The first that the code, without its class, begins with; ".1.1." is nothing else than 1.1. */
static const struct {
	const char *code, *words;
} table[] = {
	{ ".1.1.", "There is no such address. Look whether it is spelled right, or ask the\nperson for the right one in another way." },
	{ ".1.2.", "There is no mail for this domain, the part behind the @. Look whether it\nis spelled right." },
	{ ".1.3.", "This is not written as an address is. Look whether it is spelled right." },
	{ ".1.6.", "The mailbox has moved, and nobody said where to. Ask the person for the\nnew address in another way." },
	{ ".1.7.", "Your own address was refused. Ask the postmaster of your domain." },
	{ ".1.8.", "Your own address was refused. Ask the postmaster of your domain." },
	{ ".1.10.", "This domain takes no mail at all. Look whether it is spelled right." },
	{ ".2.1.", "The mailbox takes no mail. Reach the person in another way." },
	{ ".2.2.", "The mailbox is full. Send the message again in some days, or reach the\nperson in another way." },
	{ ".2.3.", "The message is too large for this mailbox. Send it without attachments,\nor in several parts." },
	{ ".2.4.", "The list behind this address does not work. Tell the postmaster there." },
	{ ".3.4.", "The message is too large for the mail system there. Send it without\nattachments, or in several parts." },
	{ ".3.", "The mail system has a problem of its own. Send the message again later;\nif that does not help, tell the postmaster there." },
	{ ".4.6.", "The message went round in circles. Tell the postmaster of the address\nwhat stands here." },
	{ ".4.7.", "Nobody took the message for as long as it was tried. If the address is\nspelled right, send it again later, or reach the person in another way." },
	{ ".4.", "The mail system of this address could not be reached. Look whether the\npart behind the @ is spelled right, or send the message again later." },
	{ ".5.3.", "The message has too many recipients for the mail system there. Send it\nto fewer at a time." },
	{ ".6.7.", "The mail system there cannot take addresses like this one, that are not\nin plain letters. Ask the person for another address." },
	{ ".6.", "The mail system there cannot take a message in this form. Send it as\nplain text, without attachments." },
	{ ".7.10.", "The mail must travel encrypted, and that was not possible. Tell the\npostmaster of the address what stands here." },
	{ ".7.30.", "The mail must travel encrypted, and that was not possible. Tell the\npostmaster of the address what stands here." },
	{ ".7.", "The message was refused as unwanted. If the words above do not say what\nto do, ask the postmaster of the address, or reach the person in another\nway." },
};

const char *
advice(const char *status)
{
	const char *code = strchr(status, '.');
	char ended[16];
	size_t i, n = code ? strlen(code) : sizeof ended;

	if (n > sizeof ended - 2)
		return "";
	memcpy(ended, code, n);
	memcpy(ended + n, ".", 2);
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strncmp(ended, table[i].code, strlen(table[i].code)) == 0)
			return table[i].words;
	return "";
}
