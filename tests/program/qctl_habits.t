# conf/habits: postsuper's and qmHandle's words
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh
PATH=$PWD/conf/habits:$PATH
at() { basename "$(dirname "$(dirname "$(file "$1")")")"; }
places() { for m in "$a" "$b" "$c"; do at "$m"; done | tr '\n' ' '; }

house
inject joe@sender.test ann@here.test; a=$ID
inject sue@other.test bob@far.test; b=$ID
inject joe@sender.test zoe@far.test; c=$ID
touch -d '+1 hour' "$(file "$a")" "$(file "$b")" "$(file "$c")"

is 'postsuper -h ID' "$(postsuper -h "$a" >/dev/null; places)" 'hold msg msg '
is '-H ID' "$(postsuper -H "$a" >/dev/null; places)" 'msg msg msg '
is '-h several' "$(postsuper -h "$a" -h "$b" >/dev/null; places)" 'hold hold msg '
is '-r ALL lets them go' "$(postsuper -r ALL >/dev/null; places)" 'msg msg msg '
is 'IDs from a list with marks' "$(printf '%s*\n%s!\n' "$a" "$c" | postsuper -h - >/dev/null; places)" 'hold msg hold '
is '-d ALL of one queue' "$(postsuper -d ALL hold >/dev/null; places)" 'trash msg trash '
pneu-qctl undo all >/dev/null
pneu-qctl release all >/dev/null
is '-d ID' "$(postsuper -d "$b" >/dev/null; places)" 'msg trash msg '
is '-d ALL' "$(postsuper -d ALL >/dev/null; places)" 'trash trash trash '
is '-p and -s do nothing' "$(postsuper -p -s; echo $?)" 0
is 'nonsense' "$(postsuper -x 2>/dev/null; echo $?; postsuper -d '../x' 2>/dev/null; echo $?)" '100
100'
pneu-qctl undo all >/dev/null

is 'qmHandle -l lists' "$(qmHandle -l | grep -c '^[0-9a-z]')" 3
is '-L what is for here' "$(qmHandle -L | grep '^[0-9a-z]' | cut -d' ' -f1)" "$a"
is '-R what is not' "$(qmHandle -R | grep -c '^[0-9a-z]')" 2
is '-s counts' "$(qmHandle -s | head -n 1)" 'messages in queue: 3'
is '-mID shows it' "$(qmHandle -m"$a" | grep '^Subject')" 'Subject: hello'
is '-dID deletes it' "$(qmHandle -d"$a" >/dev/null; places)" 'trash msg msg '
is '-fSENDER' "$(qmHandle -fsue@other.test >/dev/null; places)" 'trash trash msg '
pneu-qctl undo all >/dev/null
is '-Stext' "$(qmHandle -Snothing >/dev/null; places; qmHandle -Shello >/dev/null; places)" 'msg msg msg trash trash trash '
pneu-qctl undo all >/dev/null
is '-bRE' "$(qmHandle -b'BO.Y' >/dev/null; places)" 'trash trash trash '
pneu-qctl undo all >/dev/null
is '-D' "$(qmHandle -D >/dev/null; places)" 'trash trash trash '
is 'nonsense' "$(qmHandle 2>/dev/null; echo $?; qmHandle -x 2>/dev/null; echo $?)" '100
100'
finish
