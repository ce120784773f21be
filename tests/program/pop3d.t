# pneu-pop3d: the messages of a Maildir over POP3, other programs at it at the same time, and what QUIT does
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
unset MAILDIR PNEU_SESSION PNEU_LOGIN TCPREMOTEIP
PNEU_ETC=$T USER=ann
export PNEU_ETC USER
d=$T/Maildir
fresh() { rm -rf "$d"; mkdir "$d" "$d/new" "$d/cur" "$d/tmp"; }
talk() { printf "$(printf '%s\n' "$1" | sed 's/%/%%/g; s/$/\\r/')\n" | timeout 60 pneu-pop3d "$d" 2>"$T/log" | tr -d '\r'; }
answers() { talk "$@" | cut -d' ' -f1 | tr '\n' ' '; }
files() { (cd "$d" && find . -type f | sort | tr '\n' ' '); }
logged() { grep -qE "^pneu-pop3d: [0-9a-z]{12,24} $1" "$T/log" || { cat "$T/log"; return 1; }; }

fresh
printf 'Subject: one\n\n.dot\nlast' >"$d/new/1700000002.b.host"
printf 'Subject: two\r\n\r\nx\ry\n..\n' >"$d/cur/1700000001.a.host,S=29,W=31:2,F"
printf 'Subject: three\n\na\nb\nc\n' >"$d/cur/999999999.c.host"
is 'in the order of their times, with their sizes' "$(talk 'STAT
LIST
LIST 2
UIDL
UIDL 3')" '+OK welcome
+OK 3 86
+OK 3 86
1 27
2 31
3 28
.
+OK 2 31
+OK
1 999999999.c.host
2 1700000001.a.host,S=29,W=31
3 1700000002.b.host
.
+OK 3 1700000002.b.host'
t 'which is logged' logged 'begin messages 3 bytes 86 client unknown login ann$'
is 'RETR: a dot before dots, an end for the last line' "$(talk 'RETR 3')" '+OK welcome
+OK 28 octets
Subject: one

..dot
last
.'
is 'TOP' "$(talk 'TOP 1 0
TOP 1 2')" '+OK welcome
+OK 27 octets
Subject: three

.
+OK 27 octets
Subject: three

a
b
.'
is 'without QUIT nothing is changed' "$(talk 'DELE 1
RETR 2' >/dev/null; files)" './cur/1700000001.a.host,S=29,W=31:2,F ./cur/999999999.c.host ./new/1700000002.b.host '
t 'and the log tells' logged 'lost client unknown login ann without QUIT: end of file$'
is 'what is marked is out of sight; RSET brings it back' "$(talk 'DELE 1
DELE 1
STAT
LIST 1
RETR 1
TOP 1 1
RSET
STAT' | grep -v '^+OK marked')" '+OK welcome
-ERR this message is marked as deleted
+OK 2 59
-ERR this message is marked as deleted
-ERR this message is marked as deleted
-ERR this message is marked as deleted
+OK no message is marked
+OK 3 86'
is 'LAST' "$(talk 'LAST
RETR 2
LAST
RSET
LAST' | grep '^+OK [0-9]$')" '+OK 0
+OK 2
+OK 0'
is 'numbers that are none' "$(answers 'RETR 0
RETR 4
RETR -1
RETR x
RETR 99999999999999999999
DELE
TOP 1
TOP 1 x
LIST 1 2
STAT 1
FOO

USER ann')" '+OK -ERR -ERR -ERR -ERR -ERR -ERR -ERR -ERR -ERR -ERR -ERR -ERR -ERR '
is 'CAPA' "$(talk 'CAPA' | tr '\n' ' ')" '+OK welcome +OK what there is TOP UIDL PIPELINING RESP-CODES EXPIRE NEVER UTF8 . '
is 'QUIT removes, and moves, and marks what was seen' "$(talk 'RETR 2
DELE 1
QUIT' >/dev/null; files)" './cur/1700000001.a.host,S=29,W=31:2,FS ./cur/1700000002.b.host:2, '
t 'which is logged' logged 'end retrieved 1 deleted 1 left 2 seconds [0-9]+ client unknown login ann$'
printf 'x\n' >"$d/new/1700000003.n"
is 'from new/ as seen' "$(talk 'RETR 3
QUIT' >/dev/null; files)" './cur/1700000001.a.host,S=29,W=31:2,FS ./cur/1700000002.b.host:2, ./cur/1700000003.n:2,S '

# names
fresh
long=1700000000.$(printf '%80s' x | tr ' ' x)
echo a >"$d/cur/$long:2,"; echo b >"$d/cur/${long}y:2,"; echo c >"$d/cur/1700000001.a b:2,"; echo d >"$d/cur/1700000002.d:2,"
echo d >"$d/new/1700000002.d"; echo e >"$d/cur/#e"; echo no >"$d/cur/.hidden"; mkdir "$d/cur/dir"; ln -s /etc/passwd "$d/cur/link"
ln -s "$d/cur/#e" "$d/new/1700000009.link"
uids=$(talk 'UIDL' | sed '1,2d; /^\.$/d')
is 'only files are messages, each name once' "$(echo "$uids" | wc -l | tr -d ' ')" 5
is 'ids are different' "$(echo "$uids" | cut -d' ' -f2 | sort -u | wc -l | tr -d ' ')" 5
is 'of no more than 70 printable bytes' "$(echo "$uids" | grep -cE '^[0-9]+ [!-~]{1,70}$')" 5
is 'the same the next time' "$(talk 'UIDL' | sed '1,2d; /^\.$/d')" "$uids"
is 'a name that stands twice is removed once' "$(talk 'DELE 5
QUIT' >/dev/null; ls "$d/new" "$d/cur" | grep -c 1700000002.d)" 1

# other programs
fresh
for n in 1 2 3 4 5; do printf 'Subject: %s\n\n%s\n' $n $n >"$d/new/170000000$n.m"; done
cat >"$T/other.py" <<'P'
import os, subprocess, sys
d = sys.argv[1]
p = subprocess.Popen(['pneu-pop3d', d], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
def ask(line, many=False):
    p.stdin.write(line.encode() + b'\r\n'); p.stdin.flush()
    got = [p.stdout.readline()]
    while many and got[0].startswith(b'+OK') and got[-1] != b'.\r\n': got.append(p.stdout.readline())
    return b''.join(got).decode().replace('\r\n', '/')
p.stdout.readline()
os.rename(d + '/new/1700000001.m', d + '/cur/1700000001.m:2,FR')
print(ask('RETR 1', True))
os.unlink(d + '/new/1700000002.m')
print(ask('RETR 2', True)); print(ask('TOP 2 1', True)); print(ask('DELE 2'))
os.rename(d + '/cur/1700000001.m:2,FR', d + '/cur/1700000001.m:2,')
os.rename(d + '/new/1700000003.m', d + '/cur/1700000003.m:2,T')
print(ask('DELE 1')); print(ask('DELE 3'))
os.unlink(d + '/new/1700000004.m'); os.symlink('/etc/passwd', d + '/new/1700000004.m')
print(ask('RETR 4', True)); print(ask('LAST'))
open(d + '/new/1700000000.m', 'w').write('x\n')
print(ask('STAT')); print(ask('QUIT'))
P
is 'who renames or removes under our hands' "$(python3 "$T/other.py" "$d")" '+OK 17 octets/Subject: 1//1/./
-ERR this message is gone: another program has removed it/
-ERR this message is gone: another program has removed it/
+OK marked/
+OK marked/
+OK marked/
-ERR [SYS/TEMP] unable to read this message/
+OK 1/
+OK 2 34/
+OK bye/'
is 'leaves us with what is right' "$(files)" './cur/1700000005.m:2, ./new/1700000000.m '

# what cannot be
fresh
echo a >"$d/new/1.a"
if [ "$(id -u)" != 0 ]; then
	chmod 500 "$d/new"
	is 'what cannot be removed is told' "$(talk 'DELE 1
QUIT' | tail -n 1)" '-ERR [SYS/TEMP] some deleted messages were not removed'
	chmod 700 "$d/new"
fi
chmod 0 "$d/new/1.a"
rm -rf "$d/cur"
is 'half a Maildir is none' "$(talk QUIT)" '-ERR [SYS/TEMP] this mailbox cannot be opened now'
t 'and the log says which' logged "trouble client unknown login ann maildir .*Maildir: \[SYS/TEMP\].*: No such file or directory$"
ln -s "$T" "$d/cur"
is 'one made of links is none' "$(talk QUIT)" '-ERR [SYS/PERM] this mailbox cannot be opened'
rm -rf "$d"
is 'none at all is one without mail' "$(talk 'STAT
QUIT' | tr '\n' ' ')" '+OK welcome +OK 0 0 +OK bye '
t 'and the log tells' logged 'trouble client unknown login ann: there is no Maildir yet: '
fresh
echo x >"$d/new/1.x"
is '$MAILDIR counts instead' "$(printf 'STAT\r\n' | MAILDIR=$d pneu-pop3d /nonexistent 2>/dev/null | tail -n 1 | tr -d '\r')" '+OK 1 3'
if [ "$(id -u)" = 0 ]; then
	is 'not as root' "$(unset PNEU_ETC; pneu-pop3d "$d" 2>/dev/null </dev/null | tr -d '\r')" '-ERR [SYS/PERM] this mail server is not set up correctly'
fi
pneu-pop3d 2>/dev/null
is 'wrong use' "$?" 100
: >"$d/tmp/old"; : >"$d/tmp/fresh"; touch -d '37 hours ago' "$d/tmp/old"
is 'tmp/ is swept of what is old' "$(talk QUIT >/dev/null; ls "$d/tmp")" fresh
is 'fifty commands without sense are enough' "$(answers "$(yes FOO | head -n 60)" | wc -w | tr -d ' ')" 52
is 'a line without an end ends it' "$(head -c 100000 /dev/zero | tr '\0' x | timeout 60 pneu-pop3d "$d" 2>/dev/null | tail -n 1 | tr -d '\r')" '-ERR line too long'
is 'silence ends it' "$(mkfifo "$T/fifo"; timeout 60 pneu-pop3d -t 1 "$d" <>"$T/fifo" 2>/dev/null | tail -n 1 | tr -d '\r'; echo)" '-ERR nothing came for too long'

# many; sizes are remembered
fresh
python3 - "$d" <<'P'
import sys
for i in range(20000):
    with open('%s/cur/%d.M%06dP7V801I%xQ1.mx.example,S=5,W=8:2,S' % (sys.argv[1], 1700000000 + i // 7, i, i), 'w') as f: f.write('a\n\nb\n')
for i in range(50):
    with open('%s/new/18000000%02d.mx' % (sys.argv[1], i), 'w') as f: f.write('a\n\nb\n')
P
is 'twenty thousand messages' "$(talk 'STAT
UIDL 20000
RETR 20050
DELE 1
QUIT' | tr '\n' ' ')" '+OK welcome +OK 20050 160400 +OK 20000 1700002857.M019999P7V801I4e1fQ1.mx.example,S=5,W=8 +OK 8 octets a  b . +OK marked +OK bye '
is 'sizes that no name tells are remembered' "$(grep -c '^8 18000000[0-9]*.mx$' "$d/pneu-pop3d.sizes")" 50
sed -i 's/^8 1800000007/9 1800000007/; s/^8 1800000008/x 1800000008/; 1s/.*/torn/; $s/.$//' "$d/pneu-pop3d.sizes"
is 'and believed, where they make sense' "$(talk 'LIST 20006
LIST 20007
LIST 20008
STAT' | tail -n 4 | tr '\n' ' ')" '+OK 20006 8 +OK 20007 9 +OK 20008 8 +OK 20049 160393 '
case $B in
*-san*) ;;
*)
	(ulimit -v 12000; printf 'STAT\r\nQUIT\r\n' | pneu-pop3d "$d" >"$T/out" 2>&1)
	t 'in memory of megabytes' grep -q '^+OK 20049 ' "$T/out"
esac
finish
