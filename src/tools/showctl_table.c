/* Every setting there is, in the order of pneu-control(5). */
#include <string.h>

#include "tools/showctl.h"

#define NUMBER(name, preset, min, max, readers, means) { name, SETTING_NUMBER, preset, min, max, 0, readers, means, 0 }
#define LINE(name, preset, readers, means) { name, SETTING_LINE, preset, 0, 0, 0, readers, means, 0 }
#define LINES(name, preset, readers, means) { name, SETTING_LINES, preset, 0, 0, 0, readers, means, 0 }
#define TEXT(name, readers, means) { name, SETTING_TEXT, "", 0, 0, 0, readers, means, 0 }
#define DATABASE(name, flags, readers, means) { name, SETTING_DATABASE, "", 0, 0, flags, readers, means, 0 }
#define SECTION(title) { 0, SETTING_LINE, 0, 0, 0, 0, 0, 0, title }
#define ROUTING "send smtpd newaliases explain"
#define MANY 1000000000
#define DAY_S 86400
#define WEEK_S (7 * DAY_S)

const struct setting settings_table[] = {
	SECTION("For all programs"),
	LINE("me", "", "smtpd qmqpd inject sendmail send remote bounce milter newaliases explain", "The name of this host."),

	SECTION("Mail from the network"),
	LINES("rcpthosts", "", "smtpd remote explain", "The domains that anybody may send to."),
	NUMBER("databytes", "0", 0, UINT64_MAX, "smtpd qmqpd", "Most bytes of a message; 0 is no limit."),
	LINE("smtpgreeting", "me", "smtpd", "The text of the greeting."),
	LINE("localiphost", "me", "smtpd", "The domain that user@[our address] stands for."),
	NUMBER("maxrcpt", "2000", 1, MANY, "smtpd", "Most recipients of a message."),
	NUMBER("maxhops", "100", 1, MANY, "smtpd qmqpd inject sendmail", "Most Received fields: a message with more goes round in circles."),
	NUMBER("commandrate", "0", 0, MANY, "smtpd", "Commands that a client may send in a minute; 0: no limit."),
	NUMBER("maxbadcommands", "20", 1, MANY, "smtpd", "Commands without sense that end a session."),
	NUMBER("maxidlecommands", "1000", 1, MANY, "smtpd", "Commands that bring no message nearer and end a session."),
	NUMBER("timeoutsmtpd", "1200", 1, DAY_S, "smtpd", "Seconds to wait for the client to send, or to take, anything."),
	NUMBER("timeoutcommand", "300", 1, DAY_S, "smtpd", "Seconds from the first byte of a command to its last."),
	NUMBER("timeoutdata", "7200", 1, DAY_S, "smtpd qmqpd", "Seconds from the first byte of a message to its last."),
	NUMBER("timeoutsession", "86400", 1, WEEK_S, "smtpd", "Seconds after which a session takes no more commands."),
	LINE("checkpassword", "", "smtpd", "The program that decides about logins; without it there are none."),
	NUMBER("authwithouttls", "0", 0, 1, "smtpd popup", "1: passwords are taken in clear."),
	NUMBER("maxauthfail", "5", 1, 1000, "smtpd popup", "Wrong passwords that end a session."),
	NUMBER("authdelay", "1", 0, 30, "smtpd popup", "Seconds before the answer to the first wrong password; each further one takes twice as long."),
	NUMBER("timeoutauth", "60", 1, 3600, "smtpd", "Seconds that the program for logins may take."),
	LINE("requiretls", "0", "smtpd", "mail: no mail is taken without TLS."),
	LINES("senderlogins", "", "smtpd", "Under which sender addresses a login may send."),
	LINES("limits", "", "smtpd", "How much one login or client may send in an hour and in a day."),
	NUMBER("hideclient", "0", 0, 1, "smtpd", "1: the client of submitted mail is not named in its Received field."),
	NUMBER("showlogin", "0", 0, 1, "smtpd", "1: the login is named in the Received field."),
	TEXT("morercpthosts", "newmrh", "More domains of the kind of rcpthosts, as text."),
	DATABASE("morercpthosts.cdb", 0, "smtpd", "The same, compiled by pneu-newmrh."),
	TEXT("recipients", "newrcpt", "Who there is in domains whose mail goes on to other hosts, as text."),
	DATABASE("recipients.cdb", 0, "smtpd explain", "The same, compiled by pneu-newrcpt."),
	LINES("badmailfrom", "", "smtpd", "Senders whose mail is refused."),
	LINES("badrcptto", "", "smtpd", "Recipients that are refused."),
	LINES("policy", "", "smtpd", "Policy servers to ask."),
	NUMBER("greetdelay", "0", 0, 120000, "smtpd", "Milliseconds before the greeting; a client that speaks sooner is refused."),
	LINE("tarpit", "", "smtpd", "After how many refused recipients a client waits, and for how many seconds."),
	LINES("milters", "", "milter", "The milters that see each message."),
	TEXT("rules", "tcprules", "Who may connect, and with which variables, as text."),
	DATABASE("rules.cdb", SETTING_NOTICED, "tcpd explain", "The same, compiled by pneu-tcprules."),

	SECTION("Mail from programs on this host"),
	LINE("defaulthost", "me", "inject sendmail", "The host of addresses without one."),
	LINE("defaultdomain", "me", "inject sendmail", "What a host without a dot is completed with."),
	LINE("plusdomain", "me", "inject sendmail", "What a host that ends in a plus is completed with."),
	LINE("idhost", "me", "inject sendmail", "The host in Message-IDs."),

	SECTION("QMQP"),
	NUMBER("timeoutqmqpd", "60", 1, 3600, "qmqpd", "Seconds for one read or write of the server."),
	LINES("qmqpservers", "", "qmqpc", "The servers of a host without a queue."),
	NUMBER("timeoutqmqpconnect", "10", 1, 3600, "qmqpc", "Seconds to connect to one."),
	NUMBER("timeoutqmqpc", "60", 1, 3600, "qmqpc", "Seconds for one write to it, and for its answer."),

	SECTION("Passwords"),
	LINES("badlogins", "", "smtpd popup qctl", "Logins that are refused although the password is right."),
	{ "passwords", SETTING_TEXT, "", 0, 0, SETTING_SECRET, "newpw", "Logins and their hashed passwords, as text.", 0 },
	DATABASE("passwords.cdb", SETTING_SECRET, "checkpw", "The same, compiled by pneu-newpw."),
	NUMBER("systempasswords", "0", 0, 1, "checkpw", "1: accounts of the system are logins too, with their shadow passwords."),

	SECTION("Where mail goes"),
	LINES("locals", "me", ROUTING " remote", "The domains whose mail is delivered on this host."),
	LINES("virtualdomains", "", ROUTING " remote", "Domains and addresses whose mail is delivered on this host to other names."),
	LINES("percenthack", "", ROUTING, "Domains for which user%host@domain means user@host."),
	LINE("envnoathost", "me", ROUTING, "The domain of a recipient without one."),
	LINES("smtproutes", "", ROUTING, "The relays for domains, instead of their mail exchangers."),
	LINES("senderroutes", "", ROUTING, "The relays for mail of some senders."),
	{ "smtplogins", SETTING_LINES, "", 0, 0, SETTING_SECRET, "remote explain", "Who we are at relays that ask for a login.", 0 },

	SECTION("Senders of forwarded mail"),
	LINE("srs", "off", ROUTING " remote", "Whether the envelope senders of forwarded mail are rewritten: off, always or policy."),
	{ "srssecret", SETTING_LINES, "", 0, 0, SETTING_SECRET, ROUTING " remote", "The secrets that sign rewritten senders.", 0 },
	LINE("srsdomain", "me", ROUTING " remote", "The domain of rewritten senders."),
	NUMBER("srsmaxage", "21", 1, 500, ROUTING " remote", "Days for which a rewritten sender is good."),

	SECTION("Who gets mail here"),
	LINES("aliasfiles", "/etc/aliases", "newaliases", "The alias files."),
	DATABASE("aliases.cdb", SETTING_NOTICED, "send smtpd explain", "What pneu-newaliases compiles them into."),
	LINE("separators", "+", "send smtpd lspawn newaliases explain", "Characters, each of which may begin an extension: joe+tag."),
	LINE("aliasuser", "alias", "lspawn smtpd newaliases explain", "The user whose programs and files those of the alias file are."),
	NUMBER("nsslookup", "1", 0, 1, "smtpd inject sendmail", "1: login names that are not in /etc/passwd are looked up elsewhere too."),

	SECTION("The runner"),
	NUMBER("concurrencylocal", "20", 0, 1000, "send", "Most local deliveries at once; 0 holds them all."),
	NUMBER("concurrencyremote", "50", 0, 1000, "send", "Most remote deliveries at once; 0 holds them all."),
	NUMBER("concurrencysite", "20", 1, 1000, "send", "Most deliveries at once to one host or one user."),
	LINES("destinations", "", "send", "Limits and rates of single destinations."),
	NUMBER("queuelifetime", "604800", 0, 31536000, "send bounce", "Seconds after which a message is tried one last time."),
	NUMBER("delaywarning", "14400", 0, 31536000, "send", "Seconds after which a sender is told that a message still waits; 0: never."),
	NUMBER("trashtime", "259200", 0, 31536000, "send", "Seconds that deleted messages are kept, for pneu-qctl undo; 0: they are not."),

	SECTION("Bounces"),
	LINE("bouncefrom", "MAILER-DAEMON", "bounce", "The local part of the address that bounces come from."),
	LINE("bouncehost", "me", "bounce", "The domain of the address that bounces come from."),
	LINE("doublebounceto", "postmaster", "bounce", "The local part of the address that hears of bounces that bounced."),
	LINE("doublebouncehost", "me", "bounce", "The domain of the address that hears of bounces that bounced."),
	NUMBER("bouncemaxbytes", "50000", 0, 1073741824, "bounce", "A message up to this size is sent back whole."),

	SECTION("Local delivery"),
	LINES("defaultdelivery", "./Maildir/", "lspawn explain", "What happens to the mail of a user who has not said it."),
	NUMBER("programtimeout", "1000", 1, DAY_S, "lspawn send", "Seconds that the programs of one delivery may take."),
	TEXT("users", "newu", "Who gets mail for which local part, as text."),
	DATABASE("users.cdb", 0, "lspawn smtpd newaliases explain", "The same, compiled by pneu-newu."),

	SECTION("Remote delivery"),
	LINE("helohost", "me", "remote", "The name that other hosts are given in EHLO."),
	NUMBER("timeoutconnect", "60", 1, 3600, "remote", "Seconds to wait for a connection to one address."),
	NUMBER("timeoutremote", "1200", 1, DAY_S, "remote", "Upper limit of the seconds to wait for an answer."),
	NUMBER("timeoutdns", "30", 1, 600, "remote dnsq", "Seconds for one look-up."),
	LINE("tlsclient", "", "remote explain", "The command that does TLS for outgoing mail; without it there is none."),
	LINE("tlslevel", "may", "remote explain", "What TLS is demanded where a route does not say so."),
	TEXT("mtasts", "remote", "The MTA-STS policies of other domains, written by pneu-mtasts-fetch."),
	NUMBER("chunking", "1", 0, 1, "remote", "1: a server that offers CHUNKING gets messages with BDAT."),
	NUMBER("eightbitmime", "0", 0, 1, "remote", "1: 8-bit mail bounces at a server that does not offer 8BITMIME."),

	SECTION("Listeners"),
	LINES("listeners", "", "listen", "Options and addresses of the listeners, a service in each line."),

	SECTION("A private instance"),
	LINES("listen", "127.0.0.1:2525", "instance", "Addresses and ports of the listener."),
	NUMBER("concurrencyincoming", "2200", 0, MANY, "instance", "Most SMTP sessions at once."),

	SECTION("Logs"),
	LINES("logs", "/var/log/pneu", "trace", "Where the logs are, for pneu-trace."),
};

const size_t settings_count = sizeof settings_table / sizeof *settings_table;

const struct setting *
setting_find(const char *name)
{
	size_t i;

	for (i = 0; i < settings_count; i++)
		if (settings_table[i].name && strcmp(settings_table[i].name, name) == 0)
			return &settings_table[i];
	return 0;
}

const char *
setting_when(const char *reader, size_t len, const struct setting *s)
{
	static const struct { const char *program, *when; } whens[] = {
		{ "send", "at start and on HUP" }, { "smtpd", "in each session" }, { "qmqpd", "in each session" },
		{ "remote", "for each worker" }, { "lspawn", "for each worker" }, { "local", "for each worker" },
		{ "bounce", "for each bounce" }, { "milter", "for each message" }, { "qmqpc", "for each message" },
		{ "checkpw", "at each login" }, { "tcpd", "when it changes" }, { "instance", "at start" },
	};
	size_t i;

	if (strncmp(reader, "send", len) == 0 && s->flags & SETTING_NOTICED)
		return "when it changes";
	for (i = 0; i < sizeof whens / sizeof *whens; i++)
		if (strlen(whens[i].program) == len && strncmp(whens[i].program, reader, len) == 0)
			return whens[i].when;
	return "when it is run";
}
