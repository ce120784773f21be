# pneu-top, in a terminal that tmux keeps, and without one
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
command -v tmux >/dev/null || skip_all 'tmux is needed: a terminal whose screen can be read'
. tests/program/send.sh

tm() { env -u TMUX tmux -S "$T/tmux" -f /dev/null "$@"; }
screen() { tm capture-pane -p -t top; }
row() { screen | sed -n "$1p"; }
shows() { screen | grep -q -e "$1"; }
hides() { ! shows "$1"; }
lacks() { ! grep -q -e "$1" "$2"; }
# is the row that matches the chosen one, shown in reverse?
chosen() { tm capture-pane -p -e -t top | grep -e "$1" | grep -q '[[;]7m'; }
keys() { tm send-keys -t top "$@"; }
terminal_is() { [ "$(tm display-message -p -t top '#{alternate_on} #{cursor_flag}')" = "$1" ]; }
cleanup() {
	tm kill-server 2>/dev/null
	[ -z "$house_pid" ] || { kill -CONT "$(cat "$H/pid")"; kill -TERM "$house_pid"; kill -KILL "$(cat "$H/pid")"; } 2>/dev/null
}
code() { "$@" >"$T/out" 2>&1; echo $?; }

house
rule '*@gate.test' 'gate open'
rule '*@mute.test' 'site nobody home'
rule '*@evil.test' "Z 4.0.0 $(printf '\033[31mred\033]0;title\007') \$(reboot)"
rule '*@full.test' 'Z 4.2.2 mailbox full'
rule '*' 'K ok'

# ---- nobody there
is 'without a runner there is no picture' "$(code pneu-top -1; cat "$T/out")" '111
pneu-top: fatal: no runner: pneu-send is not running on this queue'
is 'nor without a queue' "$(PNEU_QUEUE=$T/none code pneu-top -1)" 111
is 'words that make no sense' "$(code pneu-top -x; code pneu-top -s size; code pneu-top -d 0; code pneu-top now)" '100
100
100
100'

# ---- a picture
start
t 'the start-up scan ends' wait_until 20 sh -c 'pneu-qctl status | grep -q "^scanning 0"'
inject joe@sender.test slow@gate.test ann@here.test
inject joe@sender.test a@mute.test
inject joe@sender.test a@evil.test b@evil.test
inject joe@sender.test a@full.test
inject joe@sender.test a@mute.test
t 'deliveries run and fail' wait_until 20 sh -c "grep -q '^job remote mx gate.test' '$H/events' && grep -q 'mailbox_full' '$H/log'"
waiting() { pneu-top -1 | grep -q "^ $1 .* $2 "; }
t 'both messages for the mute wait' wait_until 20 waiting mute.test 2
t 'and all the others but one' wait_until 20 active 1
pneu-top >"$T/picture" </dev/null
is 'standard output that is no terminal gets a picture' "$?" 0
is 'with no escape in it' "$(tr -d '\n\040-\176' <"$T/picture" | wc -c | tr -d ' ')" 0
t 'how many messages' grep -q ' messages 5  local 0/20  remote 1/50' "$T/picture"
t 'rates' grep -q '^1 min  *5\.0/m ' "$T/picture"
t 'and totals' grep -q '^in all  *5  *' "$T/picture"
t 'ages' grep -A 2 '^age  *<5m ' "$T/picture"
is 'all are young' "$(grep -A 2 '^age  *<5m ' "$T/picture" | sed -n 2p | tr -s ' ')" ' 5 0 0 0 0 0 0 0 0 0'
t 'the delivery that runs' grep -q '^ *[0-9]* [0-9a-z]*  *0:[0-9][0-9] gate.test  *slow@gate.test$' "$T/picture"
t 'a place where nobody answers' grep -q '^ mute.test  *0/[0-9]*  *0  *2 dead 0:[0-9][0-9]  *[0-9]*s 4.4.1 nobody home$\|^ mute.test .* 2 dead 1:00 ' "$T/picture"
t 'and one that says no, with its words masked' grep -q '^ evil.test .* 4.0.0 ?\[31mred?\]0;title? ' "$T/picture"
is 'by name' "$(pneu-top -1 -s name | sed '1,/DESTINATION  *ACT/d; s/^ \([a-z.]*\) .*/\1/')" 'evil.test
full.test
gate.test
mute.test'
is 'a closed reader is no reason to hang' "$(pneu-top -1 >/dev/full 2>"$T/out"; echo $?)" 111

# ---- a terminal
cat >"$T/shell" <<'END'
stty -g >"$T/stty.before"
while read -r line; do
	eval "$line"
	echo "ended $?"
done
END
export T
tm new-session -d -s top -x 80 -y 24 "sh $T/shell"
t 'a terminal' wait_until 20 test -s "$T/stty.before"
keys 'pneu-top' Enter
filled() { shows '^ mute.test ' && row 24 | grep -q '^q end'; }
t 'the screen fills' wait_until 20 filled
is 'its first row tells the numbers' "$(row 1 | sed 's/.*\(messages .*\)/\1/')" 'messages 5  local 0/20  remote 1/50'
is 'its last the keys' "$(row 24)" 'q end  arrows choose  p pause  r retry  s sort: backlog  d deliveries  h help'
is 'it has 24 rows and no more than 80 columns' "$(screen | awk 'length > 80 { bad = 1 } END { print NR, bad + 0 }')" '24 0'
t 'the last ten seconds are counted here' wait_until 20 shows '^10 s '
t 'what a stranger wrote stays text' shows '?\[31mred'
is 'and the title of the terminal is ours' "$(tm display-message -p -t top '#{pane_title}' | grep -c '^title')" 0
t 'it is another page without a cursor' wait_until 10 terminal_is '1 0'
keys p
t 'nobody is chosen at first' wait_until 10 shows '^choose a destination first'
keys Down
t 'an arrow chooses' wait_until 10 chosen ' mute.test '
keys s s s s
t 's sorts' wait_until 10 sh -c "env -u TMUX tmux -S '$T/tmux' capture-pane -p -t top | grep -q 's sort: name'"
t 'the same one is chosen still' wait_until 10 chosen ' mute.test '
is 'in its order' "$(screen | grep -o '^ [a-z]*\.test' | tr -d ' \n')" 'evil.testfull.testgate.testmute.test'
keys r
t 'r tries it' wait_until 10 logged '^operator uid [0-9]* retry-site: mute.test$'
t 'and says so' wait_until 10 shows '^retry-site mute.test: done'
keys k k
t 'k goes up' wait_until 10 chosen ' full.test '
keys p
t 'p pauses' wait_until 10 sh -c "pneu-qctl status | grep -q '^paused full.test '"
t 'that is seen' wait_until 10 shows '^ full.test .* paused '
is 'once' "$(grep -c '^operator uid [0-9]* pause: full.test' "$H/log")" 1
keys p
t 'and resumes' wait_until 10 logged '^operator uid [0-9]* resume: full.test$'
t 'that is seen too' wait_until 10 hides '^ full.test .* paused '
keys P
t 'P asks first' wait_until 10 shows '^pause all delivery? y or n'
keys n
t 'no is no' wait_until 10 hides '^pause all delivery'
keys P y
t 'yes pauses all' wait_until 10 sh -c "pneu-qctl status | grep -q '^paused all '"
t 'the first row says so' wait_until 10 shows 'messages .*  PAUSED'
keys P y
t 'and again resumes' wait_until 10 logged '^operator uid [0-9]* resume: all$'
keys d
t 'd shows deliveries alone' wait_until 10 hides 'ACT/WIN'
t 'with what runs' wait_until 10 shows ' slow@gate.test$'
keys d
t 'or destinations alone' wait_until 10 hides 'RECIPIENT$'
keys d h
t 'h helps' wait_until 10 shows 'pause the chosen destination'
t 'in 80 columns' shows 'backlog, active, waiting, dead, name$'
keys h
t 'and goes' wait_until 10 shows 'ACT/WIN'

# ---- another size
tm resize-window -t top -x 132 -y 40
t 'a larger window has more' wait_until 10 shows '^5 min '
t 'and its keys are in the last row' wait_until 10 sh -c "env -u TMUX tmux -S '$T/tmux' capture-pane -p -t top | sed -n 40p | grep -q '^q end'"
tm resize-window -t top -x 40 -y 10
t 'a tiny one has what there is room for' wait_until 10 sh -c "env -u TMUX tmux -S '$T/tmux' capture-pane -p -t top | sed -n 10p | grep -q '^q end'"
tm resize-window -t top -x 80 -y 24
t 'and back' wait_until 10 sh -c "env -u TMUX tmux -S '$T/tmux' capture-pane -p -t top | sed -n 24p | grep -q '^q end'"

# ---- a runner that goes and comes
stand_still
t 'a runner that is mute is told of' wait_until 20 shows '^the runner has not answered yet'
signal CONT
t 'until it answers' wait_until 20 hides 'has not answered'
touch "$H/open"
stop
t 'a runner that is gone is told of' wait_until 20 shows '^no runner: pneu-send is not running'
t 'nothing old is shown' wait_until 20 hides 'ACT/WIN'
start
t 'a new one is found' wait_until 20 shows '^messages\|messages [0-9]'
t 'and what it has' wait_until 20 shows 'ACT/WIN'

# ---- ends
restored() { keys "stty -g >$T/stty.after; touch $T/asked" Enter; wait_until 10 test -e "$T/asked"; rm -f "$T/asked"; cmp "$T/stty.before" "$T/stty.after"; }
keys q
t 'q ends' wait_until 10 shows '^ended 0$'
t 'the terminal is as it was' restored
t 'with its cursor, on its page' terminal_is '0 1'
runs() { [ -s "$T/pid" ] && terminal_is '1 0'; }
for s in TERM INT HUP QUIT SEGV; do
	rm -f "$T/pid"
	keys clear Enter
	t "the screen is empty before $s" wait_until 10 hides '^ended [^0]'
	keys "pneu-top -d 60 & echo \$! >$T/pid; wait \$!" Enter
	tm resize-window -t top -x 80 -y 24
	t 'it runs' wait_until 10 runs
	kill -"$s" "$(cat "$T/pid")"
	t "$s ends it by that signal" wait_until 10 shows '^ended 1[0-9][0-9]$'
	t 'the terminal is as it was' restored
	t 'with its cursor, on its page' terminal_is '0 1'
done
stop
finish
