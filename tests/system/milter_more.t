# milters of others, more of them: clamav-milter with a virus of our own, opendmarc with the DNS in a file; one after the other
. tests/lib.sh
. tests/system/house.sh
PATH=$PATH:/usr/sbin
for c in clamd clamav-milter opendmarc; do
	command -v $c >/dev/null || skip_all "$c is needed"
done
# they take their time to end, and have nothing to lose
cleanup() { [ -z "$sinks" ] || kill -9 $sinks; house_cleanup; } 2>/dev/null

# ---- a database of one virus; it has never seen freshclam, nor the network
mkdir "$T/db" "$T/tmp"
virus=pneu-test-virus-7f3a
printf 'Pneu.Test:0:*:%s\n' "$(printf %s "$virus" | od -An -tx1 | tr -d ' \n')" >"$T/db/test.ndb"
cat >"$T/clamd.conf" <<END
DatabaseDirectory $T/db
LocalSocket $T/clamd
TemporaryDirectory $T/tmp
Foreground yes
MaxThreads 2
END
cat >"$T/clamav.conf" <<END
MilterSocket unix:$T/clamav
ClamdSocket unix:$T/clamd
TemporaryDirectory $T/tmp
Foreground yes
OnInfected Reject
RejectMsg infected with %v
AddHeader Replace
END
# domains with policies; mail from this host's address is not left out
cat >"$T/dns" <<'END'
_dmarc.strict.test v=DMARC1; p=reject
_dmarc.wary.test v=DMARC1; p=quarantine
END
echo 192.0.2.1 >"$T/ignore"
cat >"$T/dmarc.conf" <<END
Socket local:$T/dmarc
Background no
Syslog no
TestDNSData $T/dns
IgnoreHosts $T/ignore
AuthservID two.test
TrustedAuthservIDs two.test
RejectFailures yes
HoldQuarantinedMessages yes
END
# run NAME SOCKET COMMAND...: in the background, until it listens
run() {
	name=$1 socket=$2; shift 2
	"$@" >"$T/$name.log" 2>&1 & sinks="$sinks $!"
	wait_until 20 test -S "$socket" || { sed 's/^/# /' "$T/$name.log"; skip_all "$name does not start here"; }
}
run clamd "$T/clamd" clamd -c "$T/clamd.conf"
run clamav-milter "$T/clamav" clamav-milter -c "$T/clamav.conf"
run opendmarc "$T/dmarc" opendmarc -f -c "$T/dmarc.conf"

PNEU_FILTER=$B/pneu-milter
export PNEU_FILTER
build two two.test joe ann
echo two.test >"$D/etc/rcpthosts"
printf 'unix:%s timeout=20\n' "$T/clamav" "$T/dmarc" >"$D/etc/milters"
start

# from ADDRESS BODY [FIELD]: send it, and tell the reply, without IDs of the session or of the queue
from() {
	M=$T/message
	printf "${3+$3\n}From: <$1>\nTo: <joe@two.test>\nSubject: x\nDate: Sun, 22 Nov 2026 12:00:00 +0000\nMessage-ID: <1@x.test>\n\n%s\n" "$2" >"$M"
	smtp "$1" joe@two.test ann@two.test | sed 's/ \[[0-9a-z]*\]$//; s/^\(250 2.0.0 ok\).*/\1/'
}
is 'a message in which nobody finds anything' "$(from a@other.test hello)" '250 2.0.0 ok'
t 'arrives' wait_until 20 arrived joe 1
is 'clamav-milter has scanned it' "$(mail joe | grep -c '^X-Virus-Status: Clean$')" 1
is 'and opendmarc has told its result' "$(mail joe | tr -d '\n' | grep -c 'Authentication-Results: two.test; dmarc=none')" 1
is 'the body is what was sent' "$(mail joe | sed '1,/^$/d')" hello
is 'a virus is refused, in the words of its finder' "$(from a@other.test "some $virus here")" '554 5.7.1 infected with Pneu.Test.UNOFFICIAL'
is 'in an attachment, too' "$(from a@other.test "$(printf -- '--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n%s\n--b--' \
    "$(printf 'xx %s' "$virus" | base64)")" 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b')" '554 5.7.1 infected with Pneu.Test.UNOFFICIAL'
is 'so is who is not what a strict domain says' "$(from a@strict.test hello)" '554 5.7.1 rejected by DMARC policy for strict.test'
forget
is 'who is may come' "$(from a@strict.test hello 'Authentication-Results: two.test; dkim=pass header.d=strict.test')" '250 2.0.0 ok'
t 'his mail arrives' wait_until 20 arrived joe 1
is 'with what was found' "$(mail joe | tr -d '\n' | grep -c 'Authentication-Results: two.test; dmarc=pass (p=reject [^)]*) header.from=strict.test')" 1
forget
is 'a wary domain has mail that is not its own put aside' "$(from a@wary.test hello)" '250 2.0.0 ok'
held() { find "$D/queue/hold" -type f | grep .; }
t 'in the queue' wait_until 20 held
t 'pneu-qread tells why' wait_until 20 sh -c "pneu-qread '$(basename "$(held)")' | grep -q ', held: '"
is 'nobody has got anything of all that' "$(mails joe) $(mails ann)" '0 0'

# ---- clamd goes away: its milter defers
set -- $sinks
kill -9 "$1"
wait "$1" 2>/dev/null
rm -f "$T/clamd"
is 'what cannot be scanned waits with its sender' "$(from a@other.test hello | cut -c1-9)" '451 4.7.1'
finish
