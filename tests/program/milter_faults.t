# pneu-milter: each call of the system that fails, at any time, defers the message or does no harm
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
strace -o /dev/null true 2>/dev/null || skip_all 'strace is needed, and must be allowed to trace'
strace -o "$(mktemp "$T/trace.XXXXXX")" -e trace=open,openat pneu-milter -q >/dev/null 2>&1
! grep -q '\.so' "$T"/trace.* || skip_all 'a fault in the dynamic linker is none of ours: needs a static pneu-milter'
unset PNEU_FILTER QMAILQUEUE TCPREMOTEIP
mkdir "$T/etc" "$T/o"
PNEU_ETC=$T/etc OUT=$T/o ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export PNEU_ETC OUT ASAN_OPTIONS
echo me.example >"$T/etc/me"
echo "unix:$T/m" >"$T/etc/milters"
printf 'O=6,0x1ff,0xff080\nE=hX\\0y\\0|bnew\\r\\n|+a@b.example\\0|c\n' >"$T/rules"
python3 tests/program/milter_fake.py "unix:$T/m" "$T/log" "@$T/rules" & pid=$!
cleanup() { kill "$pid" 2>/dev/null; }
wait_until 20 test -S "$T/m"

cat >"$T/next" <<'END'
#!/bin/sh
exec 3<&1
cat >"$OUT/msg"; cat <&3 >"$OUT/env"
END
chmod +x "$T/next"
printf 'Subject: x\n\nold\n' >"$T/small"
python3 -c 'import sys; sys.stdout.write("Subject: x\n\n" + "0123456789\n" * 120000)' >"$T/large"
printf 'Fs@x.example\0Tr@y.example\0\0' >"$T/env"

# was there a fault before the next program began?
hit() { sed '/^execve("[^"]*next".*= 0$/,$d' "$T/trace" | grep -q INJECTED; }
# under MESSAGE CALL FAULT: prints what is wrong, if anything is
under() {
	rm -f "$OUT"/*
	code=0
	strace -o "$T/trace" -e "trace=$2,execve" -e "inject=$2:$3" pneu-milter -- "$T/next" <"$1" 1<"$T/env" 6<&- 2>"$T/said" || code=$?
	hit || return
	case $code in
	0)
		printf 'Subject: x\nX: y\n\nnew\n' | cmp -s - "$OUT/msg" || echo "$2 $3: another message"
		[ "$(tr '\0' '|' <"$OUT/env")" = 'Fs@x.example|Tr@y.example|Ta@b.example||' ] || echo "$2 $3: another envelope"
		;;
	51 | 53 | 54 | 55 | 71 | 81 | 120)
		[ ! -e "$OUT/env" ] || echo "$2 $3: $code, but the message was handed on"
		;;
	*)
		echo "$2 $3: exit $code: $(cat "$T/said")"
		;;
	esac
}
# every time that the call is made, until it is made no more
each() {
	when=1
	while [ $when -le 40 ]; do
		under "$1" "$2" "error=$3:when=$when"
		hit || break
		when=$((when + 1))
	done
	[ $when -gt 1 ] || echo "$2: never made"
}
for fault in read:EIO write:EPIPE writev:ENOSPC openat:EMFILE '?open:EACCES' socket:EMFILE connect:ECONNREFUSED pipe2:EMFILE close:EIO \
    setsockopt:ENOMEM fcntl:EINVAL dup2:EBUSY '?mmap:ENOMEM' '?brk:ENOMEM' execve:ENOMEM; do
	call=${fault%%:*}
	case $fault in
	close:* | '?'*) is "$fault, each time" "$(each "$T/small" "$call" "${fault#*:}" | grep -v 'never made')" '' ;;
	execve:*) is "$fault" "$(under "$T/small" execve error=ENOMEM:when=2)" '' ;;
	*) is "$fault, each time" "$(each "$T/small" "$call" "${fault#*:}")" '' ;;
	esac
done
for fault in write:ENOSPC pread64:EIO lseek:EIO; do
	is "a large message, $fault, each time" "$(each "$T/large" "${fault%%:*}" "${fault#*:}" | grep -v 'never made')" ''
done
is 'interrupted reads are made again' "$(under "$T/small" read error=EINTR:when=2..5; echo $code)" 0
for call in read write connect writev; do
	rm -f "$OUT"/*
	strace -o "$T/trace" -e "inject=$call:signal=KILL:when=1" pneu-milter -- "$T/next" <"$T/small" 1<"$T/env" 6<&- 2>/dev/null
	is "killed at $call" "$(ls "$OUT")" ''
done
# nowhere for what does not stay in memory
code=0; TMPDIR=$T/none pneu-milter -- "$T/next" <"$T/large" 1<"$T/env" 6<&- 2>/dev/null || code=$?
is 'no directory for a large message' "$code" 53
rm -f "$OUT"/*
is 'it starts no process' "$(strace -f -o "$T/trace" -e trace=process pneu-milter -- "$T/next" <"$T/small" 1<"$T/env" 6<&- 2>/dev/null
    sed '/execve.*next/,$d' "$T/trace" | grep -c -e fork -e clone; ls "$OUT")" '0
env
msg'
finish
