# ports.sh - TCP ports of 127.0.0.1 for programs that have to be told theirs; source after lib.sh, needs perl
#
#   free_port       prints one. The system gives it to nobody else before the end of the test: it stays bound, without listening,
#                   beside whoever listens there with SO_REUSEADDR
#   ports_back      gives all of them back; for cleanup
free_port() {
	perl -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Proto => "tcp", ReuseAddr => 1) or die "no port: $!";
		defined($keeper = fork) or die "no process: $!";
		if (!$keeper) {
			open STDOUT, ">", "/dev/null";
			open STDERR, ">", "/dev/null";
			sleep 1800;             # for a test that is killed
			exit;
		}
		open my $f, ">>", "$ARGV[0]/.port-keepers" or die;
		print $f "$keeper\n";
		print $s->sockport' "$T" 6>&- 7>&- 8>&- 9>&-         # what a test waits for the end of is not the keeper's
}
ports_back() {
	[ ! -s "$T/.port-keepers" ] || kill $(cat "$T/.port-keepers") 2>/dev/null
	rm -f "$T/.port-keepers"
}
