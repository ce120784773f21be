# docs_lib.sh - run the commands of the documentation, as the page shows them, on a host of its own
#
#   . tests/lib.sh
#   . tests/system/docs_lib.sh
#   doc_begin [NAME]        a host with the accounts joe and ann; $H is what joe's home is outside of it
#   doc man/PAGE            run the commands of a page in their order, and write its files; each is a test
#   doc_as joe COMMAND      a shell command on that host, as joe, in joe's home; as root in / with host_run
#
# A test may set before "doc", and has to set again for the next page:
#   doc_sed                 a sed script for commands, outputs and files: IDs that are other ones each time, no more
# and may define
#   doc_exit COMMAND        prints the exit code that it must have; 0 unless it says so
#   doc_serves COMMAND      true of one that runs until it is ended, ...
#   doc_served COMMAND      ... which it is when this, a test of it, has been true; at most 20 s are waited for it
#   doc_before COMMAND      whatever has to be there; prepares, never replaces
#
# What a command exports, and the directory it changes to, last until the end of the page.
. tests/system/host.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'

doc_exit() { echo 0; }
doc_serves() { return 1; }
doc_served() { :; }
doc_before() { :; }

doc_begin() {
	host_begin "${1:-mail.example.org}"
	host_run 'for u in joe ann; do
		id $u >/dev/null 2>&1 || useradd --create-home --shell /bin/sh $u || exit 1
		chmod 755 /home/$u
	done' || exit 1
}

doc_as() {
	host_run 'u=$1; cd "/home/$u" || exit 1; exec setpriv --reuid="$u" --regid="$u" --init-groups env USER="$u" LOGNAME="$u" HOME="/home/$u" sh -c "$2"' "$@"
}

# runs NNN.sh of the page; $1: its name without the end
doc_shell='
f=$T/doc/$1
read -r who <"$f.as"
case $who in
"#") become= u=root home=/root ;;
*) u=joe home=/home/joe become="setpriv --reuid=joe --regid=joe --init-groups" ;;
esac
state=/run/doc.$u
[ -d "$state" ] || { mkdir "$state"; echo "cd $home" >"$state/to"; : >"$state/from"; chown -R $u "$state"; }
cat >"$state/run" <<-END
	export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/lib/pneu
	. $state/from
	. $state/to
	trap "s=\$?; export -p >$state/from; echo cd \"\$PWD\" >$state/to; exit \$s" EXIT
	. $f.sh
END
run="$become env -u B -u TOP -u T USER=$u LOGNAME=$u HOME=$home $DOC_ENV sh $state/run"
if [ "$2" = serve ]; then
	setsid $run >"$f.out" 2>&1 </dev/null &
	echo $!
else
	exec timeout 60 $run </dev/null
fi
'

doc_item() {
	doc_command=$(cat "$T/doc/$1.sh")
	doc_before "$doc_command"
	if doc_serves "$doc_command"; then
		doc_pid=$(host_run "$doc_shell" "$1" serve)
		wait_until 20 doc_served "$doc_command"
		doc_code=$?
		host_run 'kill -TERM -- "-$1"' "$doc_pid"
		cat "$T/doc/$1.out"
		return $doc_code
	fi
	host_run "$doc_shell" "$1" >"$T/doc/$1.out" 2>&1
	doc_code=$?
	cat "$T/doc/$1.out"
	[ "$doc_code" = "$(doc_exit "$doc_command")" ] || { echo "exit code $doc_code"; return 1; }
	[ ! -s "$T/doc/$1.want" ] || python3 tests/system/docs.py match "$T/doc/$1.want" "$T/doc/$1.out"
}

doc_file() {
	host_run 'read -r name <"$T/doc/$1.name" && mkdir -p "$(dirname "$name")" && cat "$T/doc/$1.file" >"$name"' "$1"
}

doc() {
	doc_page=${1##*/}
	rm -rf "$T/doc"
	mkdir "$T/doc" && chmod 755 "$T/doc" || exit 1
	host_run 'rm -rf /run/doc.*'
	python3 tests/system/docs.py extract "$1" "$T/doc" || { t "$doc_page can be read" false; return; }
	[ -z "$doc_sed" ] || sed -i "$doc_sed" "$T"/doc/*
	chmod 644 "$T"/doc/*
	for doc_f in "$T"/doc/*.as "$T"/doc/*.name; do
		echo "$doc_f"
	done | sort >"$T/doc.list"
	while read -r doc_f; do
		doc_n=${doc_f##*/}
		doc_n=${doc_n%.*}
		case $doc_f in
		*\**) ;;
		*.as) t "$doc_page: $(sed 's/\\\\/\\\\\\\\/g; q' "$T/doc/$doc_n.sh")" doc_item "$doc_n" ;;
		*) t "$doc_page: the file $(cat "$doc_f")" doc_file "$doc_n" ;;
		esac
	done <"$T/doc.list"
	doc_sed=
}
