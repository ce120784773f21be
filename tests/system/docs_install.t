# README and INSTALL: what they say to type is typed, in a hurry and by hand, and mail arrives
. tests/lib.sh
. tests/system/docs_lib.sh
for c in runsv tlswrapper openssl swaks; do
	command -v $c >/dev/null || skip_all "$c is needed"
done
runner_there() { host_run 'pneu-qctl status'; }
listens() { host_run 'bash -c "read -r -t 5 line <>/dev/tcp/127.0.0.1/25 && case \$line in 220*) exit 0; esac; exit 1"'; }
got() { host_run 'cat /home/joe/Maildir/new/* 2>/dev/null | grep -q -e "$1"' "$1"; }
# from the network, and from a program
mail_arrives() {
	wait_until 20 listens
	t "$1: a stranger writes to joe" host_run 'swaks --silent 2 --server 192.0.2.1 --from bob@example.edu --to joe@example.org --h-Subject "$1"' "$1"
	t "$1: which arrives" wait_until 20 got "^Subject: $1"
	t "$1: a program writes to root" doc_as ann 'printf "Subject: $0 by a program\n\nhello\n" | /usr/sbin/sendmail -i root'
	t "$1: joe has that too" wait_until 20 got '^Subject: .* by a program'
}

# ---- in a hurry, with runit; then what README shows
doc_exit() { case $1 in *--check) echo 0 1 ;; *) echo 0 ;; esac; }
doc_begin
doc_runit
doc_before() { case $1 in *--check) wait_until 20 listens ;; esac; }
doc INSTALL 'In a hurry'
mail_arrives 'in a hurry'
doc README 'See what it does'
# pneu-setup asks, so it needs a terminal; without one it takes what it would propose, and here all is there already
doc README 'Install it'
is 'what README says to try first are these scripts' "$(sed -n 's/^    \$ sh \(scripts\/[a-z]*\)$/\1/p' README | while read -r f; do [ -f "$f" ] && echo "$f"; done | tr '\n' ' ')" 'scripts/demo scripts/check '
host_end

# ---- by hand
doc_begin
doc_before() { case $1 in *'ln -sf /usr/local'*) ;; esac; }
doc_serves() { case $1 in pneu-start | pneu-listen*) return 0 ;; esac; return 1; }
doc_served() { case $1 in pneu-start) runner_there ;; *) listens ;; esac; }
doc INSTALL '2. ' '3. ' '4. '
host_run 'export PATH=$PATH:/usr/local/lib/pneu; mkdir /var/log/pneu
	setsid pneu-start >/var/log/pneu/send 2>&1 </dev/null &
	setsid pneu-listen smtpd >/var/log/pneu/smtpd 2>&1 </dev/null &'
wait_until 20 runner_there
mail_arrives 'by hand'
doc INSTALL '5. ' '6. '
host_end
finish
