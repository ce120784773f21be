# pneu-distribute: compile, check, copy, each only if what comes before is well; rsync is told where to go by a shell of ours
. tests/lib.sh
command -v rsync >/dev/null || skip_all 'needs rsync'
sed "s|^BIN=.*|BIN=$B|" scripts/distribute >"$T/distribute"
mkdir "$T/front" "$T/a" "$T/b" "$T/bin"
printf '#!/bin/sh\nhost=$1; shift\n[ "$host" != down ] || exit 255\n[ "$1" != -l ] || shift 2\nexec sh -c "$*"\n' >"$T/bin/ssh"
chmod +x "$T/bin/ssh"
PATH=$T/bin:$PATH
unset PNEU_ETC PNEU_QUEUE RSYNC_RSH
F=$T/front
give() { sh "$T/distribute" "$@" >"$T/out" 2>&1; echo $?; }
seq -f 'user%g@x.example' 100 >"$F/recipients"

is 'a directory without me is none of control files' "$(give "$F" "a:$T/a")" 100
echo front.example >"$F/me"
echo x.example >"$F/rcpthosts"
printf ':allow\n' >"$F/rules"
is 'all is compiled and copied' "$(give "$F" "a:$T/a" "b:$T/b")" 0
is 'what there is to copy' "$(ls -A "$T/a" | paste -s -d ' ' -) $(ls -A "$T/b" | paste -s -d ' ' -)" \
    'rcpthosts recipients.cdb rules.cdb rcpthosts recipients.cdb rules.cdb'
t 'as it is here' cmp "$F/recipients.cdb" "$T/b/recipients.cdb"
t 'a name that was there is there' pneu-newrcpt "$F/recipients" "$T/same.cdb"
t 'what was compiled is the list' cmp "$T/same.cdb" "$T/a/recipients.cdb"

touch -d '+2 seconds' "$F/recipients"
echo 'nonsense here' >>"$F/recipients"
touch -d '+2 seconds' "$F/recipients"
echo y.example >>"$F/rcpthosts"
is 'a text that is wrong' "$(give "$F" "a:$T/a")" 100
is 'nothing is copied then' "$(cat "$T/a/rcpthosts")" x.example
seq -f 'user%g@x.example' 70 >"$F/recipients"
touch -d '+4 seconds' "$F/recipients"
is 'a list that has lost more than a quarter' "$(give "$F" "a:$T/a")" 100
t 'which is said' grep -q 'recipients had 100 lines when it was given out last, and has 70 now' "$T/out"
is 'nothing is copied then either' "$(cat "$T/a/rcpthosts")" x.example
is 'unless that is meant' "$(give -f "$F" "a:$T/a")" 0
is 'then it is' "$(cat "$T/a/rcpthosts" | paste -s -d ' ' -)" 'x.example y.example'
is 'from then on that is what is compared with' "$(give "$F" "a:$T/a")" 0

echo z.example >>"$F/rcpthosts"
is 'a host that is not there' "$(give "$F" "down:$T/x" "b:$T/b")" 111
t 'is named' grep -q 'down has not got it' "$T/out"
t 'and the others get it' cmp "$F/rcpthosts" "$T/b/rcpthosts"
echo w.example >>"$F/rcpthosts"
is 'only looked at' "$(give -n "$F")" 0
is 'nothing is copied' "$(grep -c w.example "$T/b/rcpthosts")" 0
is 'no host is wrong use' "$(give "$F")" 100
t 'nothing temporary is left anywhere' test -z "$(find "$T/a" "$T/b" "$F" -name '*.tmp' -o -name '.~*')"
finish
