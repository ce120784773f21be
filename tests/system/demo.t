# scripts/demo: what a newcomer sees is true
. tests/lib.sh
command -v perl >/dev/null || skip_all 'perl is needed'
PNEU_BUILD=$B TMPDIR=$T sh scripts/demo >"$T/out" 2>&1
is 'it succeeds' "$?" 0
shows() { grep -q -e "$1" "$T/out"; }
t 'the SMTP message arrives' shows '| Subject: by SMTP'
t 'the injected one arrives' shows '| Subject: by sendmail'
t 'the relayed one arrives' shows '| Delivered-To: bob@two.example'
t 'its journey is in the log' shows '| delivery [0-9]*: success: 127.0.0.1_accepted_message'
t 'and so is its end' shows '| end msg '
t 'the aliases compile without a complaint' shows '| .*aliases: [0-9]* aliases, longest'
t 'a program has read its mail' shows '| Subject: to a program'
t 'an address is explained' shows '| *alias: team,'
t 'who is nobody is refused' shows '< 550 5.1.1 '
t 'the waiting one is listed' shows '| .*waiting *eve@down.example'
t 'and counted' shows '| messages in queue: 1$'
is 'nothing of it is left' "$(find "$T" -mindepth 1 ! -name out ! -name .tap)" ''
PNEU_BUILD=$B sh scripts/demo --nonsense >/dev/null 2>&1
is 'an unknown option is refused' "$?" 100
finish
