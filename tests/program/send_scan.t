# pneu-send's log tells that a large queue is being read
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
command -v strace >/dev/null || skip_all 'strace is needed: it makes the disk slow'
. tests/program/send.sh

# the same with a disk that takes its time for each directory
start_slow() {
	rm -f "$H/exit"
	ASAN_OPTIONS=detect_leaks=0 python3 tests/program/fakespawn.py "$H" strace -D -o "$T/trace" -e trace=getdents64 \
		-e inject=getdents64:delay_enter=25000 pneu-send &
	house_pid=$!
	wait_until 20 answers || { echo "# pneu-send did not start"; sed 's/^/# /' "$H/log"; exit 1; }
}

house
rule '*' 'K ok'
fabricate --count 200 --rcpt '%d@far.test' --due 3600 >/dev/null
start_slow
t 'a scan that takes long ends' wait_until 30 sh -c 'pneu-qctl status | grep -q "^scanning 0"'
t 'it was told of meanwhile' logged '^scan: [0-9]* messages so far$'
t 'and at its end' logged '^scan: 200 messages, all of msg/ has been read$'
stop
finish
