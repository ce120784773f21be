# pneu-getpw: what the name service knows of login names (wire/getpw.h)
. tests/lib.sh

asks() { printf "$1" | pneu-getpw 2>"$T/err" | tr '\0' '\n'; }
line() { getent passwd "$1" | awk -F: '{ print "K" $1 ":x:" $3 ":" $4 ":" $5 ":" $6 ":" }'; }
is 'who there is, a line as in /etc/passwd' "$(asks 'root\0')" "$(line root)"
is 'who there is not' "$(asks 'no-such-user-here\0')" N
is 'one answer for each, in order' "$(asks 'no-such-user-here\0root\0\0daemon\0')" "N
$(line root)
N
$(line daemon)"
is 'names that look like something else' "$(asks '../root\0root:x\0ro\not\0%%s\0-root\0')" 'N
N
N
N
N'
is 'no names, no answers' "$(asks '')" ''
t 'and that is fine' sh -c 'pneu-getpw </dev/null'
is 'names cut anywhere' "$(printf 'root\0daemon\0' | dd bs=1 2>/dev/null | pneu-getpw | tr '\0' '\n')" "$(line root)
$(line daemon)"
is 'a name of 255 bytes is one' "$(asks "$(printf '%0255d' 0)\0")" N
for bad in "$(printf '%0256d' 0)\0" "$(printf '%05000d' 0)"; do
	is 'a longer one is none' "$(printf "$bad" | pneu-getpw >/dev/null 2>"$T/err"; echo $?; cat "$T/err")" '100
pneu-getpw: fatal: a name is too long'
done
is 'nor is one that does not end' "$(printf 'root\0daem' | pneu-getpw 2>/dev/null | tr '\0' '\n'; printf 'daem' | pneu-getpw 2>/dev/null; echo $?)" "$(line root)
100"
t 'no arguments' sh -c 'pneu-getpw root </dev/null 2>/dev/null; test $? = 100'
t 'an answer that nobody takes is trouble' sh -c 'printf "root\0" | pneu-getpw >/dev/full 2>"$0"; test $? = 0 && exit 1; grep -q "unable to answer" "$0"' "$T/err"
is 'who has a uid' "$(asks '#0\0#4294967294\0#\0#x\0')" "$(line root)
N
N
N"
is 'many names' "$(yes "$(printf 'no-such-user-here')" | head -n 2000 | tr '\n' '\0' | pneu-getpw | tr '\0' '\n' | sort | uniq -c | tr -s ' ')" ' 2000 N'

if command -v nm >/dev/null && nm "$B/pneu-getpw" 2>/dev/null | grep -q getpwnam_r; then
	is 'the programs that run for each message and connection do without the name service' \
	    "$(for p in smtpd queue send bounce local rspawn remote; do nm "$B/pneu-$p" | sed -n "s/.* \(getpwnam\|getpwuid\)/$p \1/p"; done)" ''
fi

# a name service that hangs
if strace -o /dev/null true 2>/dev/null && [ -e /etc/passwd ]; then
	{ is 'a look-up that hangs ends the program' "$(printf 'root\0' | ASAN_OPTIONS=detect_leaks=0 timeout 60 \
	    strace -o "$T/trace" -P /etc/passwd -e inject=openat:delay_enter=15000000 pneu-getpw; echo "$?")" 142; } 2>/dev/null
fi
finish
