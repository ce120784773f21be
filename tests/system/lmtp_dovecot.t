# Mail by LMTP into Dovecot: each recipient has a result of its own, over a unix socket and over TCP
. tests/lib.sh
for c in dovecot python3 setpriv perl; do
	command -v $c >/dev/null || skip_all "needs $c"
done
[ -x /usr/lib/dovecot/lmtp ] || skip_all 'needs dovecot-lmtpd'
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T"
mkdir "$PNEU_ETC" "$T/dove"
echo client.example >"$PNEU_ETC/me"
chmod 711 "$T"
as= user=$(id -un) group=$(id -gn)
if [ "$(id -u)" = 0 ]; then             # Dovecot delivers nothing as root
	as='setpriv --reuid nobody --regid nogroup --clear-groups' user=nobody group=nogroup
	chown nobody "$T/dove"
fi
. tests/system/ports.sh
port=$(free_port)
# joe and jim have room; full has none; every other user is unknown
for u in joe jim full; do
	echo "$u:::::::userdb_quota_rule=*:storage=$([ $u = full ] && echo 1B || echo 1G)"
done >"$T/users"
cat >"$T/dovecot.conf" <<EOF
base_dir = $T/dove/run
state_dir = $T/dove/state
log_path = $T/dove/log
protocols = lmtp
listen = 127.0.0.1
ssl = no
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
first_valid_uid = 1
first_valid_gid = 1
hostname = dove.example
mail_location = maildir:$T/dove/mail/%n
mail_plugins = quota
auth_username_format = %n
postmaster_address = postmaster@dove.example
passdb {
  driver = passwd-file
  args = $T/users
}
userdb {
  driver = passwd-file
  args = $T/users
  override_fields = uid=$user gid=$group home=$T/dove/home/%n
}
plugin {
  quota = maildir:User quota
}
service lmtp {
  chroot =
  user = $user
  unix_listener $T/dove/lmtp {
    mode = 0666
  }
  inet_listener lmtp {
    address = 127.0.0.1
    port = $port
  }
}
service auth {
  chroot =
  user = $user
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
EOF
pid=
cleanup() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid"; }; ports_back; }
$as dovecot -F -c "$T/dovecot.conf" 2>"$T/dovecot.err" &
pid=$!
listens() { python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$T/dove/lmtp"; }
wait_until 20 listens || {
	sed 's/^/# /' "$T/dovecot.err" "$T/dove/log" 2>/dev/null
	echo 'Bail out! Dovecot does not start'
	exit 1
}

jobs() {
	printf '%s\n' vias "$@" reports end | python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" 2>"$T/err" | tee "$T/last" |
		sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) [0-9]* \([^ ]*\) .*/\1.\2 \3 \4 \5 \6/p' | sort -V | tr '\n' ','
}
mails() { find "$T/dove/mail/$1" -type f -path '*/new/*' 2>/dev/null | sort; }
printf 'Subject: hi\n\nhello\n.dot\n..\n\303\244\n' >"$T/m"
python3 -c 'import sys; sys.stdout.write("Subject: big\n\n" + ("." + "x" * 79 + "\n") * 20000)' >"$T/big"
J="job $T/m a@x.example"

for way in unix tcp; do
	rm -rf "$T/dove/mail"
	case $way in
	unix) route="lmtp $T/dove/lmtp" via=lmtp/unix/clear ;;
	tcp) route="lmtp 127.0.0.1 $port" via=127.0.0.1/127.0.0.1/clear ;;
	esac
	is "by $way: two who are there, one who is not" "$(jobs "params BODY=8BITMIME" "$J joe@y.example nobody@y.example jim@y.example" | sed 's/5\.1\.1/x/')" \
		"1.0 K 2.0.0 m $via,1.1 D x m $via,1.2 K 2.0.0 m $via,"
	is 'both have it' "$(mails joe | wc -l) $(mails jim | wc -l)" '1 1'
	t 'as it was' sh -c 'tail -n 6 "$1" | cmp - "$0"' "$T/m" "$(mails joe)"
	t 'with the sender' grep -q '^Return-Path: <a@x.example>' "$(mails jim)"
	is 'one with a full mailbox among others, seen after the text' "$(jobs "$J joe@y.example full@y.example jim@y.example" | sed 's/[ZD] [45]\.2\.2/full/')" \
		"1.0 K 2.0.0 m $via,1.1 full m $via,1.2 K 2.0.0 m $via,"
	is 'many messages, one of them large, in one connection' \
		"$(jobs "$J joe@y.example" "job $T/big a@x.example jim@y.example joe@y.example" "$J jim@y.example" "$J nobody@y.example" "$J jim@y.example" | sed "s,m $via,,g")" \
		'1.0 K 2.0.0 ,2.0 K 2.0.0 ,2.1 K 2.0.0 ,3.0 K 2.0.0 ,4.0 D 5.1.1 ,5.0 K 2.0.0 ,'
	is 'all of them arrive' "$(mails joe | wc -l) $(mails jim | wc -l)" '4 5'
	is 'whole' "$(for f in $(mails jim); do grep -c '^\.x*$' "$f"; done | sort -n | tail -n 1)" 20000
done
finish
