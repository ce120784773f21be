# peer.sh - pneu as one of the mail servers of a harness that runs each in a chroot of its own
#
# The harness sources this with $PEERS, $PEER, $SINK_PORT, $LOCAL_USER, $LOCAL_DOMAIN, $RELAY_DOMAIN, $HOST_FQDN,
# $MAXSIZE, $MAXSESS and the functions make_root, in_root, wipe_common, wipe_dir, count_files and die. PNEU names the source
# tree (by default that of the file this is a link to); its build/ must be made.
PORT=2516
MAILDIR=pneu/inst/home/$LOCAL_USER/Maildir
QMGR='pneu-send'
PNEU=${PNEU:-$(cd "$(dirname "$(readlink -f "$BENCH/peers/$PEER.sh")")/../.." && pwd)}

pneu_instance() { in_root PNEU_BUILD=/pneu/build sh /pneu/scripts/instance "$@"; }

peer_setup() {
	[ -x "$PNEU/build/pneu-send" ] || die "pneu: no build in $PNEU; set PNEU"
	make_root pneu
	rm -rf "$R/pneu"
	mkdir -p "$R/pneu/build" "$R/pneu/scripts"
	cp "$PNEU"/build/pneu-* "$R/pneu/build/"
	cp "$PNEU/scripts/instance" "$R/pneu/scripts/"
	pneu_instance init /pneu/inst --smtp "127.0.0.1:$PORT" --user "$LOCAL_USER" --me "$HOST_FQDN" \
		--owner "$LOCAL_USER" || die "pneu: init"
	e=$R/pneu/inst/etc
	echo "$LOCAL_DOMAIN" >>"$e/locals"
	echo "$RELAY_DOMAIN:127.0.0.1:$SINK_PORT" >"$e/smtproutes"
	echo "$MAXSIZE" >"$e/databytes"
	echo "$MAXSESS" >"$e/concurrencyincoming"
	echo 20 >"$e/concurrencyremote"
	echo 20 >"$e/concurrencylocal"
	chown --reference="$e/me" "$e"/*
}
peer_start() { pneu_instance start /pneu/inst; }
peer_stop() { pneu_instance stop /pneu/inst; }
peer_wipe() {
	wipe_common
	wipe_dir "$PEERS/$PEER/pneu/inst/queue/msg" "$PEERS/$PEER/pneu/inst/queue/hold" "$PEERS/$PEER/$MAILDIR" \
		"$PEERS/$PEER/pneu/inst/log"
}
peer_queue() { count_files "$PEERS/$PEER/pneu/inst/queue/msg"; }
peer_mailq() { in_root PNEU_ETC=/pneu/inst/etc PNEU_QUEUE=/pneu/inst/queue /pneu/build/pneu-qread; }
peer_flush() { kill -ALRM "$(cat "$PEERS/$PEER/pneu/inst/pid")"; }
peer_version() { (cd "$PNEU" && git log -1 --format='pneu %h %cs'); }
