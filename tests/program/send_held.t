# pneu-send and a message whose envelope asks that it be held (a milter's quarantine)
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

# inject_held WHY RCPT...
inject_held() {
	{
		printf 'Fjoe@sender.test\0H%s\0' "$1"; shift
		printf 'T%s\0' "$@"
		printf '\0'
	} >"$T/envelope"
	printf 'Subject: hello\n\nbody\n' | pneu-queue 1<"$T/envelope" 6>"$T/told.id" ||
		echo '# pneu-queue refused'
	set -- "$Q"/*/*/1*
	ID=$(basename "$1")
}
held() { ls "$Q"/hold/*/"$ID" >/dev/null 2>&1; }
noted() { held && records | grep -q '^z0 ' && settled; }

house
rule '*' 'K ok'
start
inject_held 'looks like 100% spam' ann@here.test bob@far.test
t 'it is held' wait_until 20 noted
is 'no delivery begins' "$(grep -c '^starting' "$H/log")" 0
is 'the log says that there is a message, and why it is held' \
    "$(sed -n "s/^info msg $ID: .* from/from/p; s/^held: msg $ID/held/p" "$H/log" | sed 's/ qp.*//')" \
    'from <joe@sender.test>
held: looks_like_100%_spam'
is 'its record too' "$(records | cut -d' ' -f1,3-)" 'z0 4.7.0 held: looks like 100%25 spam'
is 'pneu-qread shows it' "$(pneu-qread "id=$ID" | sed -n 's/.*, held/held/p; /100%/s/.*  4/4/p')" 'held: looks like 100% spam
4.7.0 held: looks like 100% spam'
stop
start
t 'another runner leaves it there' held
is 'release lets it go' "$(pneu-qctl release "$ID")" "release $ID: done"
t 'to its end' wait_until 20 logged "^end msg $ID\$"
is 'it goes to both' "$(grep -c "^starting delivery [0-9]*: msg $ID " "$H/log")" 2
is 'and is announced once' "$(grep -c "^new msg $ID" "$H/log")" 1
stop

# the runner dies between the move and the record
house
rule '*' 'K ok'
inject_held 'why not' ann@here.test
file=$(file) xx=$(basename "$(dirname "$(file)")")
mv "$file" "$Q/hold/$xx/$ID"
start
is 'a held one without the record' "$(pneu-qctl release "$ID")" "release $ID: done"
t 'goes to its end' wait_until 20 logged "^end msg $ID\$"
is 'and has been announced' "$(grep -c "^new msg $ID" "$H/log")" 1

stop
finish
