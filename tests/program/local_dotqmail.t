# pneu-local: which file counts, .qmail, .forward or neither, for joe, joe+tag and joe-ext
. tests/lib.sh

PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue     # one-user mode: these deliveries are ours, whoever we are
export PNEU_ETC PNEU_QUEUE
umask 022
spawner=tests/program/spawner.py
msg=$T/msg
printf 'Subject: hi\n\nbody\n' >"$msg"

# each file writes its name to "who"
new_home() {
	home=$T/home.$((home_n = home_n + 1))
	mkdir "$home"
	local=joe dash='' ext='' default='|echo default' options=''
}
qmail() { for q; do echo "|echo .qmail$q" >"$home/.qmail$q"; done; }
forward() { for q; do echo "\"|echo .forward$q\"" >"$home/.forward$q"; done; }
run() {
	printf '%s\n' "$1" | python3 "$spawner" --worker pneu-local $options joe "$home" "$local$dash$ext" "$dash" "$ext" "$default" \
	    >"$T/out" 2>"$T/err" || { cat "$T/err"; return 1; }
}
# what happened to one message to DASH EXT: the words of the program, or the report
to() {
	dash=$1 ext=$2
	run "job $msg s@x '$local$dash$ext@h.example'
reports"
	sed -n 's/^report 1 0 //; s/^K 2.1.5 m did 0+0+1: //; p' "$T/out" | grep -v ^exit
	cat "$T/err"
}
nobody='D 5.1.1 m no such mailbox here'

new_home
is 'no file: the default' "$(to '' '')" default
is 'joe+tag is joe' "$(to + tag)" default
is 'joe-ext is nobody' "$(to - ext)" "$nobody"
forward ''
is '.forward before it' "$(to '' '')" .forward
is 'also for joe+tag' "$(to + tag)" .forward
is 'not for joe-ext' "$(to - ext)" "$nobody"
qmail ''
is '.qmail before both' "$(to '' '')" .qmail
is 'also for joe+tag' "$(to + tag)" .qmail
forward +tag
is '.forward+tag before it' "$(to + tag)" .forward+tag
is 'in lower case' "$(to + TAG)" .forward+tag
is 'not for another tag' "$(to + other)" .qmail
qmail +default
is '.qmail+default before that' "$(to + tag)" .qmail+default
qmail +tag
is '.qmail+tag first' "$(to + tag)" .qmail+tag
qmail -ext-default
is '.qmail-ext-default is for joe-ext-more' "$(to - ext-more)" .qmail-ext-default
: >"$home/.qmail+tag"
is 'an empty .qmail+tag is the default' "$(to + tag)" default
: >"$home/.qmail"
is 'an empty .qmail leaves it to .forward' "$(to '' '')" .forward
printf '# nothing\n\n' >"$home/.forward"
is 'one without elements to the default' "$(to '' '')" default
echo '# dropped' >"$home/.qmail"
is 'a .qmail without instructions drops' "$(to '' '')" 'K 2.1.5 m did 0+0+0'
rm "$home/.qmail" "$home/.forward"; forward ''; chmod 664 "$home/.forward"
is 'a .forward that others may write to is a deferral' "$(to '' '' | cut -c1-9)" 'Z 4.7.0 m'
qmail ''
is 'but where .qmail counts it does not matter' "$(to '' '')" .qmail
chmod 646 "$home/.qmail"
is 'a .qmail that others may write to is one' "$(to '' '')" 'Z 4.7.0 m others may write to .qmail'
printf '|echo a\n' >"$home/.qmail+tag"; chmod 646 "$home/.qmail+tag"
is 'and no reason to go on to the next file' "$(to + tag)" 'Z 4.7.0 m others may write to .qmail+tag'

# ---- separators
new_home; options='-s +-'; forward '' -lists
is "where '-' is a separator joe-ext is joe" "$(to - ext)" .forward
is 'and has its .forward-ext' "$(to - lists)" .forward-lists
qmail -default
is 'but .qmail-default first' "$(to - ext)" .qmail-default
rm "$home/.qmail-default"
printf 'job %s s@x stranger@h.example\nreports\n' "$msg" |
    python3 "$spawner" --worker pneu-local -s +- joe "$home" stranger - stranger "$default" >"$T/out"
is 'what falls to a user as a whole does not end in his mailbox' "$(sed -n 's/^report 1 0 //p' "$T/out")" "$nobody"
new_home; options='-s ='; forward ''
is 'another separator' "$(to = tag)" .forward
is "then '+' is none" "$(to + tag)" "$nobody"
qmail +tag
is "but a .qmail+tag counts" "$(to + tag)" .qmail+tag

# ---- -m
new_home; qmail '' +tag; forward '' +tag; options=-m
is 'the mailbox only' "$(to '' ''; to + tag; to - ext)" 'default
default
default'
finish
