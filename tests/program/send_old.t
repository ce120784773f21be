# pneu-send and messages that are older than queuelifetime, where nobody answers
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh
cat >"$T/injector" <<'END'
#!/bin/sh
cat >/dev/null
END
chmod +x "$T/injector"
PNEU_FILTER=$T/injector
export PNEU_FILTER

house
rule '*' 'site nobody answers'
fabricate --count 600 --rcpt 'ann%d@dead.test' --arrival $(($(date +%s) - 700000)) --due -10 --quiet
fabricate --count 600 --rcpt 'bob%d@dead.test' --arrival $(($(date +%s) - 1000)) --due -10 --quiet
start
# those of the old ones that have not failed yet; that a bounce is sent for each may take longer
open_still() { grep -sL '^d0 ' $(grep -sl "^Tann" "$Q"/msg/*/*) /dev/null | grep -vc /dev/null; }
all_failed() { [ "$(open_still)" = 0 ]; }
t 'all that are too old fail, also those still in line for the site' wait_until 60 all_failed
t 'nearly all without an attempt' test "$(grep -c '^starting delivery' "$H/log")" -lt 50
t 'and their bounces are on the way' wait_until 60 logged '^bounce msg'
is 'the others stay' "$(grep -sl '^Tbob' "$Q"/msg/*/* | wc -l | tr -d ' ')" 600
stop
finish
