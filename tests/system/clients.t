# clients: mail programs as people have them, each hands one message to a house; it arrives byte by byte as it was sent
. tests/lib.sh
. tests/system/house.sh
PATH=$PATH:/usr/sbin:${PNEU_SERVERS:-/var/lib/pneu-tests}/bin
HOME=$T LC_ALL=C
export HOME LC_ALL
unset MAILRC MAIL EMAIL SMTPSERVER http_proxy all_proxy ALL_PROXY
build one one.test joe ann
echo '127.:allow,GREETDELAY="50"' >"$D/etc/rules"       # who did not wait for the greeting would be refused
start

# what transports and mail programs are known to spoil: dots, From, white space at ends of lines, no and many empty lines,
# eight bits, a long line, tabs, something that looks like the end, or like a header
{
	printf '.\n..\n...\n.dot\nFrom joe\n>From joe\n-- \ntrailing \t\n\n\n\ttab\nQUIT\n.\nSubject: no subject\ngr\303\274\303\237e\n'
	awk 'BEGIN { for (i = 0; i < 900; i++) printf "x"; printf "\n" }'
	printf 'end\n\n'
} >"$T/body"
{
	printf 'From: Ann <ann@one.test>\nTo: joe@one.test\nSubject: =?utf-8?Q?gr=C3=BC=C3=9Fe?= to you,\n\tin two lines\n'
	printf 'Date: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-ID: <1@one.test>\nMIME-Version: 1.0\n'
	printf 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nX-Odd:  two  spaces \n\n'
	cat "$T/body"
} >"$T/message"

# the one message that joe has, without the trace fields before it
untraced() {
	cat "$D/home/joe/Maildir/new"/* | awk '
		!head && /^(Return-Path|Delivered-To|Received):/ { trace = 1; next }
		trace && /^[ \t]/ && !head { next }
		{ trace = 0; head = 1; print }'
}
body_of() { awk 'body { print } /^$/ { body = 1 }'; }
differ() { cmp "$T/got" "$1" || { diff "$T/got" "$1" | cat -A | cut -c 1-200; false; }; }
# whole CLIENT, body CLIENT: what arrived is the message; its body is
come() {
	t "$1 is content" test "$2" -eq 0
	[ "$2" -eq 0 ] || sed 's/^/# /' "$T/out"
	wait_until 10 arrived joe 1
	untraced >"$T/got"
	is "$1: one message arrives" "$(mails joe)" 1
}
whole() {
	come "$1" "$2"
	t "$1: each byte of it as it was" differ "$T/message"
	forget
}
body() {
	come "$1" "$2"
	body_of <"$T/got" >"$T/got.body" && mv "$T/got.body" "$T/got"
	t "$1: each byte of its body as it was" differ "$T/body"
	forget
}
# has COMMAND PACKAGE
has() { command -v "$1" >/dev/null || { t "$1 # SKIP no $1 (Debian: $2)" true; false; }; }

if has swaks swaks; then
	head -c -1 "$T/message" >"$T/unended"   # it ends the last line, whether that has an end or not
	for how in plain pipeline; do
		swaks --server 127.0.0.1 --port "$P" --helo client.test --from ann@one.test --to joe@one.test --data "@$T/unended" \
		    $([ $how = plain ] || echo --pipeline) >"$T/out" 2>&1
		whole "swaks, $how" $?
	done
fi

if has msmtp msmtp; then
	: >"$T/msmtprc"
	msmtp -C "$T/msmtprc" --host=127.0.0.1 --port="$P" --domain=client.test --auth=off --tls=off --from=ann@one.test \
	    -- joe@one.test <"$T/message" >"$T/out" 2>&1
	whole msmtp $?
fi

if has curl curl; then
	curl -q -sS --crlf --url "smtp://127.0.0.1:$P/client.test" --mail-from ann@one.test --mail-rcpt joe@one.test \
	    -T "$T/message" >"$T/out" 2>&1
	whole curl $?
fi

python3 - "$P" "$T/message" >"$T/out" 2>&1 <<'END'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test", 20) as s:
    s.ehlo()
    assert s.has_extn("8bitmime") and s.has_extn("size"), s.esmtp_features
    s.sendmail("ann@one.test", ["joe@one.test"], open(sys.argv[2], "rb").read().replace(b"\n", b"\r\n"),
               mail_options=["BODY=8BITMIME"])
END
whole "python's smtplib" $?

if has s-nail s-nail; then
	s-nail -:/ -S v15-compat -S mta="smtp://127.0.0.1:$P" -S smtp-auth=none -S smtp-hostname= -S hostname=client.test \
	    -S from=ann@one.test -S sendcharsets=utf-8 -S ttycharset=utf-8 -S mime-encoding=8bit -S sendwait -S nosave -S DEAD=/dev/null \
	    -s hello joe@one.test <"$T/body" >"$T/out" 2>&1
	body s-nail $?
fi

if has mutt mutt; then
	cat >"$T/muttrc" <<END
set smtp_url="smtp://127.0.0.1:$P" ssl_starttls=no copy=no from=ann@one.test hostname=client.test
set charset=utf-8 send_charset=utf-8 allow_8bit use_8bitmime ssl_force_tls=no crypt_autosign=no
END
	mutt -n -F "$T/muttrc" -s hello joe@one.test <"$T/body" >"$T/out" 2>&1
	body mutt $?
fi

# a patch that travels by mail makes the same files at the other end
git_send_email() {
	git config --global user.name Ann && git config --global user.email ann@one.test &&
	git init -q "$T/here" && cd "$T/here" &&
	printf 'one\n' >file && git add file && git commit -qm one && git clone -q "$T/here" "$T/there" &&
	cp "$T/body" file && git commit -qam "$(printf 'two: gr\303\274\303\237e')" &&
	git format-patch -q -1 -o "$T/patch" &&
	git send-email --quiet --smtp-server=127.0.0.1 --smtp-server-port="$P" --smtp-domain=client.test \
	    --confirm=never --suppress-cc=all --from=ann@one.test --to=joe@one.test --transfer-encoding=8bit "$T"/patch/*
}
if has git git && [ -x "$(git --exec-path)/git-send-email" ]; then
	export GIT_CONFIG_NOSYSTEM=1
	(git_send_email) >"$T/out" 2>&1
	come 'git send-email' $?
	t 'git send-email: the patch applies' git -C "$T/there" am -q "$D"/home/joe/Maildir/new/*
	is 'git send-email: it makes the same files' "$(git -C "$T/there" rev-parse 'HEAD^{tree}')" "$(git -C "$T/here" rev-parse 'HEAD^{tree}')"
	forget
else
	t 'git send-email # SKIP not here (Debian: git-email)' true
fi

# messages of many lines, in a few sessions at once
if has smtp-source "postfix, unpacked by tests/servers"; then
	smtp-source -s 4 -m 20 -l 20000 -f ann@one.test -t joe@one.test "127.0.0.1:$P" >"$T/out" 2>&1
	is 'smtp-source is content' "$?$(cat "$T/out")" 0
	t 'smtp-source: all arrive' wait_until 20 arrived joe 20
fi
t 'nothing waits' wait_until 10 done_with
is 'nobody was refused anything' "$(grep ' end client ' "$D/log/smtpd" | grep -v ' refusals 0 ')" ''
is 'and each said goodbye' "$(grep ' lost client ' "$D/log/smtpd")" ''
t 'in every session' sh -c "[ \$(grep -c ' end client ' '$D/log/smtpd') -ge 6 ]"
stop
finish
