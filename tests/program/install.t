# install: DESTDIR, modes, pages, and nothing of the machine touched
. tests/lib.sh
D=$T/root

# the programs as they are: this test is about where they go
mkdir "$T/fake" || exit 1
for p in start send queue local checkpw qread qstat qctl sendmail; do
	echo "$p" >"$T/fake/pneu-$p"
done
run_install() {
	DESTDIR=$D PREFIX=/opt/pneu ETC=/etc/pneu QUEUE=/var/spool/pneu BIN=/opt/pneu/lib/pneu MAN=/opt/pneu/share/man \
	    sh scripts/install "$T"/fake/*
}
mode() { stat -c %a "$D$1" 2>/dev/null; }

t 'install succeeds' run_install
t 'make install hands over every directory' sh -c 'make -n B="$1" DESTDIR=/d PREFIX=/p ETC=/e QUEUE=/q install |
    grep -q "DESTDIR=./d. PREFIX=./p. ETC=./e. QUEUE=./q. BIN=./p/lib/pneu. MAN=./p/share/man. SHARE=./p/share/pneu. sh scripts/install"' sh "$B"
is 'programs can be run by everybody' "$(mode /opt/pneu/lib/pneu/pneu-send)" 755
is 'pneu-local cannot be read' "$(mode /opt/pneu/lib/pneu/pneu-local)" 711
if [ "$(id -u)" = 0 ] && id pneuq >/dev/null 2>&1; then
	is 'pneu-queue is setuid' "$(mode /opt/pneu/lib/pneu/pneu-queue)" 4711
	is 'and belongs to pneuq' "$(stat -c %U "$D/opt/pneu/lib/pneu/pneu-queue")" pneuq
	is 'as the queue does' "$(stat -c %U "$D/var/spool/pneu/msg/3f")" pneuq
else
	is 'without an account for it pneu-queue is not setuid' "$(mode /opt/pneu/lib/pneu/pneu-queue)" 755
fi
if [ "$(id -u)" = 0 ] && getent group shadow >/dev/null; then
	is 'pneu-checkpw is setgid' "$(mode /opt/pneu/lib/pneu/pneu-checkpw)" 2711
	is 'for shadow passwords' "$(stat -c %U:%G "$D/opt/pneu/lib/pneu/pneu-checkpw")" root:shadow
else
	is 'without the group shadow pneu-checkpw is not setgid' "$(mode /opt/pneu/lib/pneu/pneu-checkpw)" 711
fi
is 'nothing else is setuid' "$(find "$D" -perm /6000 ! -name pneu-queue ! -name pneu-checkpw)" ''
is 'others can only pass through the queue directory' "$(mode /var/spool/pneu)" 711
is 'and enter nothing in it but where they see to their own mail' "$(cd "$D/var/spool/pneu"; find . -mindepth 1 -type d ! -perm 700 -exec stat -c '%n %a' {} +)" './pub 711'
is 'it has its 64 directories three times, bad, tmp and pub' "$(find "$D/var/spool/pneu" -mindepth 1 -type d | wc -l | tr -d ' ')" 198
spread() { lsattr -d "$1" 2>/dev/null | grep -q '^[^ ]*T'; }
mkdir "$T/probe"
if chattr +T "$T/probe" 2>/dev/null && spread "$T/probe"; then
	t 'ext4 is to put the directories of msg far apart' spread "$D/var/spool/pneu/msg"
	t 'and those of an instance' sh -c 'PNEU_BUILD=$1 sh scripts/instance init "$2/i" --smtp 127.0.0.1:1 && lsattr -d "$2/i/queue/msg" | grep -q "^[^ ]*T"' sh "$B" "$T"
fi
t 'the directory for control files is there' test -d "$D/etc/pneu"
is 'qread is in the path' "$(readlink "$D/opt/pneu/bin/pneu-qread")" /opt/pneu/lib/pneu/pneu-qread
for n in $(cd "$T/fake" && ls pneu-new* pneu-tcprules 2>/dev/null) pneu-setup pneu-migrate; do
	is "$n is in the path of root" "$(readlink "$D/opt/pneu/sbin/$n")" "/opt/pneu/lib/pneu/$n"
done
is 'sendmail, mailq and newaliases are one program' "$(for l in sbin/sendmail bin/mailq bin/newaliases; do readlink "$D/opt/pneu/$l"; done | sort -u)" /opt/pneu/lib/pneu/pneu-sendmail
n=0
for page in man/*.[1-9]; do
	[ ! -f "$page" ] || cmp -s "$page" "$D/opt/pneu/share/man/man${page##*.}/${page#man/}" || n=$((n + 1))
done
is 'every page is where man(1) looks' "$n" 0
S=$D/opt/pneu/share/pneu
is 'what is in conf is there' "$(cd "$S" && find . | sort)" "$(cd conf && find . | sort)"
is 'run scripts can be run' "$(find "$S" -name run ! -perm 755)" ''
t 'and name the programs of this installation' grep -q ' /opt/pneu/lib/pneu/pneu-listen smtpd$' "$S/services/daemontools/pneu-smtpd/run"
is 'nothing names those of another' "$(grep -rl /usr/local/lib/pneu "$S" "$D/opt/pneu/lib/pneu/pneu-listen")" ''
echo kept >"$D/etc/pneu/me"
echo mail >"$D/var/spool/pneu/msg/00/x"
chmod 750 "$D/etc/pneu"
echo new >"$T/fake/pneu-send"
t 'installing again succeeds' run_install
is 'replaces the programs' "$(cat "$D/opt/pneu/lib/pneu/pneu-send")" new
is 'and leaves settings and mail alone' "$(cat "$D/etc/pneu/me" "$D/var/spool/pneu/msg/00/x" | tr '\n' ' ')" 'kept mail '
is 'and their modes' "$(mode /etc/pneu)" 750
is 'leaves no temporary file' "$(find "$D" -name '*.new')" ''
finish
