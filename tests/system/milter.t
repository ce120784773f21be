# milters of others: what opendkim signs on the way out verifies at the far end; what rspamd says is done
. tests/lib.sh
. tests/system/house.sh
PATH=$PATH:/usr/sbin
command -v opendkim >/dev/null || skip_all 'opendkim is needed'
command -v openssl >/dev/null || skip_all 'openssl is needed to make a key'

# ---- the milters
openssl genrsa -out "$T/key" 1024 2>/dev/null
chmod 600 "$T/key"
printf 'sel._domainkey.one.test v=DKIM1; k=rsa; p=%s\n' "$(openssl rsa -in "$T/key" -pubout 2>/dev/null | grep -v -e '---' | tr -d '\n')" >"$T/public"
# dkim NAME LINE...: one that listens at $T/NAME
dkim() {
	name=$1; shift
	{
		printf 'Socket local:%s\nSyslog no\nBackground no\nRequireSafeKeys no\nTemporaryDirectory %s\nTestPublicKeys %s\n' "$T/$name" "$T" "$T/public"
		printf '%s\n' "$@"
	} >"$T/$name.conf"
	opendkim -f -x "$T/$name.conf" >"$T/$name.log" 2>&1 & sinks="$sinks $!"
	wait_until 10 test -S "$T/$name" || { sed 's/^/# /' "$T/$name.log"; skip_all 'opendkim does not start here'; }
}
dkim signer 'Mode s' 'Domain one.test' 'Selector sel' "KeyFile $T/key" 'Canonicalization relaxed/simple' 'OversignHeaders From'
dkim verifier 'Mode v' 'AuthservID two.test' 'On-BadSignature reject'

# the reply to a message, without IDs of the session or of the queue
reply() { smtp "$@" | sed 's/ \[[0-9a-z]*\]$//; s/^\(250 2.0.0 ok\).*/\1/'; }

PNEU_FILTER=$B/pneu-milter
export PNEU_FILTER
build two two.test joe
echo two.test >"$D/etc/rcpthosts"
echo "unix:$T/verifier" >"$D/etc/milters"
start
two=$P
build one one.test ann
printf 'one.test\ntwo.test\n' >"$D/etc/rcpthosts"
echo "two.test:127.0.0.1:$two" >"$D/etc/smtproutes"
echo "unix:$T/signer timeout=20" >"$D/etc/milters"
start

# ---- a signature
M=$T/message
{
	printf 'From: Ann <ann@one.test>\nTo: joe@two.test\nSubject: =?utf-8?q?caf=C3=A9?=\n and more\nDate: Sun, 22 Nov 2026 12:00:00 +0000\n'
	printf 'Message-ID: <1@one.test>\n\nHello  Joe,\n\n.a dot\n  blanks at the end  \n\nbye\n\n\n'
} >"$M"
is 'a message goes out' "$(reply ann@one.test joe@two.test)" '250 2.0.0 ok'
enter two
t 'and arrives' wait_until 20 arrived joe 1
is 'signed' "$(mail joe | grep -c '^DKIM-Signature: .*d=one.test')" 1
is 'and the far end finds the signature good' "$(mail joe | tr -d '\n' | sed -n 's/.*Authentication-Results: two.test;[[:space:]]*\(dkim=[a-z]*\).*/\1/p')" 'dkim=pass'
is 'the signature stands below the Received field of who signed' \
    "$(mail joe | sed -n '/^$/q; /^[A-Z]/p' | sed 's/:.*//; s/^Received/R/' | tr '\n' ' ' | sed 's/.*R \(.*DKIM-Signature\).*/\1/; s/DKIM-Filter //')" 'DKIM-Signature'
is 'the body is what was sent' "$(mail joe | sed '1,/^$/d')" "$(sed '1,/^$/d' "$M")"

# ---- changed on the way
mail joe | sed -n '/^DKIM-Signature/,$p' | sed 's/^Hello/Goodbye/' >"$T/forged"
M=$T/forged
refusal=$(reply ann@one.test joe@two.test)
is 'a message that was changed is refused, in the milter'\''s words' "${refusal%%:*}" '554 5.7.0 bad DKIM signature data'
is 'the log says so' "$(grep -c 'pneu-milter: .*verifier: refused: 5.7.0 bad DKIM' "$D"/log/* | sed 's/.*://' | sort -n | tail -n 1)" 1

# ---- large, and many
python3 -c 'import sys; sys.stdout.write("From: ann@one.test\nSubject: big\n\n" + "0123456789abcdef\n" * 150000)' >"$T/big"
M=$T/big
enter one
is 'a message of 2.5 MB' "$(reply ann@one.test joe@two.test)" '250 2.0.0 ok'
enter two
t 'arrives' wait_until 30 arrived joe 2
is 'signed and verified' "$(mail joe | tr -d '\n' | grep -o 'Authentication-Results: two.test;[[:space:]]*dkim=pass' | wc -l | tr -d ' ')" 2

# ---- the milter goes away
set -- $sinks
kill -9 "$2"
wait "$2" 2>/dev/null
M=$T/message
is 'without its milter a host defers' "$(reply ann@one.test joe@two.test)" '451 4.7.1 message cannot be checked now, try again later'
echo "unix:$T/verifier down=accept" >"$D/etc/milters"
is 'or takes the message, if told so' "$(reply ann@one.test joe@two.test)" '250 2.0.0 ok'

# ---- rspamd
if command -v rspamd >/dev/null; then
	mkdir "$T/rspamd"
	echo com >"$T/rspamd/tld"
	cat >"$T/rspamd/rules.lua" <<'END'
rspamd_config:register_symbol({ name = 'TEST_MILTER', type = 'postfilter', score = 0.0, callback = function(task)
	local greylist = task:get_header('X-Later')
	if greylist then
		task:set_pre_result('soft reject', 'come again', 'test')
	end
	task:set_milter_reply({
		add_headers = { ['X-Scanned'] = { value = 'from ' .. tostring(task:get_from_ip()), order = 1 } },
		remove_headers = { ['X-Evil'] = 0 },
	})
	return false
end })
END
	cat >"$T/rspamd/conf" <<END
options {
	filters = "";
	dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }
	cache_file = "$T/rspamd/symbols"; hs_cache_dir = "$T/rspamd/"; dynamic_conf = "$T/rspamd/dynamic"; tempdir = "$T/rspamd";
	rrd = false; local_addrs = []; url_tld = "$T/rspamd/tld"; disable_hyperscan = true;
}
logging { type = "console"; level = "notice"; }
lua = "$T/rspamd/rules.lua";
worker "rspamd_proxy" {
	bind_socket = "$T/rspamd/socket mode=0600"; milter = yes; count = 1; timeout = 10s;
	upstream "local" { default = yes; self_scan = yes; }
}
worker "rspamd_proxy" {
	bind_socket = "$T/rspamd/holds mode=0600"; milter = yes; count = 1; timeout = 10s; quarantine_on_reject = true;
	upstream "local" { default = yes; self_scan = yes; }
}
END
	rspamd -f -i -c "$T/rspamd/conf" >"$T/rspamd/log" 2>&1 & sinks="$sinks $!"
	wait_until 20 test -S "$T/rspamd/socket" || sed 's/^/# /' "$T/rspamd/log"
	echo "unix:$T/rspamd/socket timeout=20" >"$D/etc/milters"
	forget
	scan() {
		printf "From: a@x.test\nX-Evil: 1\nSubject: hi\n$1X-evil: 2\nMessage-ID: <2@x.test>\nDate: Sun, 22 Nov 2026 12:00:00 +0000\n\n%s\n" "$2" >"$T/message"
		reply a@x.test joe@two.test
	}
	is 'rspamd lets a message pass' "$(scan '' body)" '250 2.0.0 ok'
	t 'it arrives' wait_until 20 arrived joe 1
	is 'with what rspamd changed' "$(mail joe | grep -i -e '^X-')" 'X-Scanned: from 127.0.0.1'
	spam='XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'
	is 'refuses what is spam' "$(scan '' "$spam")" '554 5.7.1 Gtube pattern'
	is 'and defers' "$(scan 'X-Later: yes\n' body)" '451 4.7.1 come again'
	wait_until 20 test -S "$T/rspamd/holds"
	echo "unix:$T/rspamd/holds" >"$D/etc/milters"
	is 'or has it held' "$(scan '' "$spam")" '250 2.0.0 ok'
	held() { find "$D/queue/hold" -type f | grep .; }
	t 'in the queue' wait_until 20 held
	ID=$(basename "$(held)")
	t 'pneu-qread tells why' wait_until 20 sh -c "pneu-qread '$ID' | grep -q ', held: '"
	pneu-qctl release "$ID" >/dev/null
	t 'until it is released' wait_until 20 arrived joe 2
else
	echo '# rspamd is not here: its part is skipped'
fi
finish
