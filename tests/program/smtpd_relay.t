#!/bin/sh
# pneu-smtpd: whatever a stranger writes between < and >, mail goes to served domains only
. tests/lib.sh
. tests/program/smtpd_lib.sh
TCPLOCALIP=192.0.2.1 TCPREMOTEIP=198.51.100.7
export TCPLOCALIP TCPREMOTEIP

# Each line is RCPT's argument as printf writes it. The reply must be 5xx, and DATA must find no recipient.
cat >"$T/tricks" <<'END'
<x@other.example>
<x@OTHER.EXAMPLE>
<x@other.example.>
<x@other.example..>
<x%other.example@here.example>
<x%%other.example@here.example>
<x%other.example%third.example@here.example>
<x%other.example>
<x%other.example@>
<x%other.example@[192.0.2.1]>
<"x%other.example"@here.example>
<"x\%other.example"@here.example>
<@here.example:x@other.example>
<@here.example,@here.example:x@other.example>
<@other.example:x%third.example@here.example>
<@here.example:x>
<@here.example:"x@other.example">
<@>
<@here.example>
<@here.example:>
<other.example!x@here.example>
<other.example!x>
<here.example!other.example!x@here.example>
<"other.example!x"@here.example>
<!x@here.example>
<"x@other.example"@here.example>
<"x@other.example">
<x@other.example@here.example>
<"x"@other.example@here.example>
<"\x@other.example"@here.example>
<""x@other.example""@here.example>
<"x"y@other.example"@here.example>
<"x\"@other.example>"@here.example>
<"x@here.example
<x@here.example@other.example>
<x@here.example@>
<x@[192.0.2.1]>
<x@[192.0.2.2]>
<x@[127.0.0.1]>
<x@[IPv6:::1]>
<x@[::ffff:192.0.2.1]>
<x@[here.example]>
<x@192.0.2.1>
<x@#3221225985>
<x@0xc0000201>
<x@here.example\000.other.example>
<x@other.example\000@here.example>
<x\000@here.example>
<x@here.example%00.other.example>
<x%00@here.example>
<x@here.example%40other.example>
<x@here.example(c)>
<x@here.example (c)>
<x(@here.example)@other.example>
<(c)x@here.example>
<x@ here.example>
<x @here.example>
< x@here.example>
<x@here.example >
<x@here example>
<x@here.example\t>
<x@here.example\r>
<x@here.example,other.example>
<x@here.example;other.example>
<x@here.example:25>
<x:other.example@here.example:x@other.example>
<x@.here.example>
<x@here.example.other.example>
<x@otherhere.example>
<x@here..example>
<x@..>
<x@.>
<x@->
<x@here.example><y@other.example>
<x@here.example> <y@other.example>
<x@here.example>, <y@other.example>
<<x@here.example>>
<x@here.example
x@other.example
"x"@other.example
x%other.example@here.example
x@here.example>
x@here.example,y@other.example
@here.example:x@other.example
x
<x@below.example>
<x@h\303\251re.example>
<x@here\056example\303\200>
<x@xn--here-.other.example>
<x@*>
<*@*>
<|/bin/sh@other.example>
<x@other.example> NOTIFY=NEVER ORCPT=rfc822;x@here.example
<@@here.example:x@other.example>
<x@h%65re.example>
<x@here.example/other.example>
<postmaster@other.example>
<postmaster%other.example>
<"postmaster@other.example">
<SRS0=x=y=other.example=z@other.example>
<SRS1=AAAA=other.example==AAAA=AA=third.example=x@other.example>
<x@here.example,y@other.example>
<x@here.example\t@other.example>
<x@here.example(c)@other.example>
<x@here.example>@other.example
<x@other.example>@here.example
<@here.example:@other.example:x@other.example>
<x@[192.0.2.1]%other.example>
<x@[192.0.2.1].>
<x@[192.1]>
<x@HERE.EXAMPLE.other.example>
<x@other.example:here.example>
<x@here.example#other.example>
<x@-here.example>
<Postmaster,x@other.example>
<"x"."y@other.example"@here.example>
<x."@other.example,y"@here.example>
<"\"@other.example>"@here.example>
<x!here.example>
<x@here.example>\000<y@other.example>
<x@here.example>\r<y@other.example>
<x@here.example\343\200\202other.example>
<x@other\357\274\216example>
<x@\357\275\210ere.example>
<x\357\274\240other.example@here.example\000>
<x@here.example\302\255.other.example>
END
# all of them in one session of many transactions
try() {
	while IFS= read -r path; do
		# shellcheck disable=SC2059  # it is a format
		{ printf 'RSET\r\nMAIL FROM:<a@here.example>%s\r\nRCPT TO:' "$1"; printf "$(printf %s "$path" | sed 's/%/%%/g; s/\\\([^0-9tr]\)/\\\\\1/g')"; printf '\r\nDATA\r\n'; }
	done <"$T/tricks" | { printf 'EHLO h\r\n'; cat; printf 'QUIT\r\n'; } | pneu-smtpd 2>"$T/log" | tr -d '\r' | grep -a -v '^250-' | sed '1,2d; $d' >"$T/replies"
	paste -d'|' - - - - <"$T/replies" | paste -d' ' "$T/tricks" - | cut -d'|' -f1,3,4
}
refused_all() { awk -F'|' 'END { exit NR == 0 } $2 !~ /^5[05][0135] 5\.[1567]\.[0-9]/ || $3 !~ /^5[05][34] 5\.5\.1/ { print; bad = 1 } END { if (bad) exit 1 }' "$T/tried"; }
echo 100000 >"$E/maxbadcommands"; echo 100000 >"$E/maxidlecommands"
tricks=$(wc -l <"$T/tricks")
try >"$T/tried"
is 'each trick is answered' "$(wc -l <"$T/replies")" $((4 * tricks))
t "none of $tricks tricks gets through" refused_all
t 'and nothing was queued' test ! -e "$Q/envelope"
try ' SMTPUTF8' >"$T/tried"
t 'nor one of them with SMTPUTF8' refused_all
rm "$E/rcpthosts"
try >"$T/tried"
t 'nor without rcpthosts' refused_all
is 'which serves nobody but postmaster' "$(rcpt '<x@here.example>'; rcpt '<x@mx.example>'; rcpt '<x@localhost>'; rcpt '<postmaster>')" \
'550 5.7.1 relaying denied: that domain is not served here
550 5.7.1 relaying denied: that domain is not served here
550 5.7.1 relaying denied: that domain is not served here
250 2.1.5 recipient ok'
: >"$E/rcpthosts"
is 'nor does an empty one' "$(rcpt '<x@here.example>' | cut -c1-9)" '550 5.7.1'
: >"$E/morercpthosts"; pneu-newmrh
is 'nor an empty morercpthosts' "$(rcpt '<x@here.example>' | cut -c1-9)" '550 5.7.1'
printf 'here.example\n' >"$E/rcpthosts"
is 'and those who are served are' "$(rcpt '<x@HERE.example.>')" '250 2.1.5 recipient ok'
is 'also when the route to them goes through others' "$(rcpt '<@other.example,@third.example:x@here.example>')" '250 2.1.5 recipient ok'
finish
