# every command that README, INSTALL and the manual show is run by a test
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
pages=$(python3 tests/system/docs.py commands README INSTALL man/*.[1-9])
t 'there are pages with commands' test "$(echo "$pages" | wc -l)" -gt 40
# a page of several hosts, each of them a host of its own, has a test of its own
elsewhere='man/pneu-setup-hosts.7'
without=
for p in $pages; do
	case " $elsewhere " in
	*" $p "*) grep -q "${p#man/}" tests/system/hosts*.t || without="$without $p" ;;
	*) grep -qE "^doc $p( |$)" tests/system/docs_*.t || without="$without $p" ;;
	esac
done
is 'each is run by one of tests/system/docs_*.t' "$without" ''
without=
for p in $(sed -n 's/^doc \([^ ]*\).*/\1/p' tests/system/docs_*.t); do
	echo "$pages" | grep -qx "$p" || without="$without $p"
done
is 'and each of these has commands' "$without" ''
is 'what looks like a command has a prompt, and so is run' "$(python3 tests/system/docs.py strange man/*.[1-9])" ''
is 'the parts of INSTALL are run' "$(sed -n 's/^\(In a hurry\|[0-9]\. \).*/\1/p' INSTALL | while read -r h; do grep -q "^doc INSTALL.*'$h" tests/system/docs_install.t || echo "$h"; done)" '1.
7.'

# what is there is found, and what is not as it is shown
cat >"$T/page.1" <<'END'
.Bd -literal
$ printf 'a b\en'
a ...
# cat <<end
x
end
x
.Ed
.\" file /etc/x
.Bd -literal
# not a command
.Ed
.Dl # echo \(aqone\(aq
END
mkdir "$T/x"
python3 tests/system/docs.py extract "$T/page.1" "$T/x"
is 'commands, files and what is between them' "$(cd "$T/x" && ls | tr '\n' ' ')" '001.as 001.sh 001.want 002.as 002.sh 002.want 003.file 003.name 004.as 004.sh 004.want '
is 'as a reader sees them' "$(cat "$T/x/001.sh" "$T/x/002.sh" "$T/x/004.sh")" "printf 'a b\\n'
cat <<end
x
end
echo 'one'"
match() { printf "$1" >"$T/want"; printf "$2" >"$T/got"; python3 tests/system/docs.py match "$T/want" "$T/got"; echo $?; }
is 'the same is the same' "$(match 'a\n' 'a\n')" 0
is 'more is not' "$(match 'a\n' 'a\nb\n')" 1
is '... is anything' "$(match 'a...c\n...\nz\n' 'abc\nx\ny\nz\n')" 0
is 'but within a line' "$(match 'a...c\n' 'a\nc\n')" 1
finish
