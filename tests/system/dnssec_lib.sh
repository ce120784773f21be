# dnssec_lib.sh - a validating resolver on loopback (unbound) with signed zones of ours; sourced after lib.sh, needs no root
#
#	dnssec_here || skip_all "$dnssec_why"
#	dnssec_zone example zonefile            a zone, signed: its answers are secure
#	dnssec_zone b.example zonefile SED      the same, and what the sed script changes after signing is bogus
#	dnssec_plain plain.test zonefile        a zone without signatures: insecure
#	dnssec_start || skip_all "$dnssec_why"  serves them; DNSCACHEIP is set to it and exported
#	dnssec_stop                             for cleanup; also to start again after other dnssec_zone lines
#
# A zone file is read from its first line on, "$ORIGIN ZONE." is the caller's to write. Records of a signed zone stand as
# "name. TTL IN TYPE rdata", absolute and on one line each, with tabs, when the sed script sees them. A zone below a signed
# one is insecure if that one delegates it (NS) without a DS record. Other names are REFUSED: nobody outside is asked.
#	dnssec_tlsa CERT.pem                    the rdata "3 1 1 HEX" for its key
# Debian: unbound, ldnsutils; openssl for dnssec_tlsa.
D=$T/dnssec
dnssec_pid=
dnssec_why=

dnssec_here() {
	DNSSEC_UNBOUND=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v unbound)
	[ -n "$DNSSEC_UNBOUND" ] && command -v ldns-signzone >/dev/null && command -v ldns-keygen >/dev/null &&
		command -v python3 >/dev/null && mkdir -p "$D" && return
	dnssec_why='needs unbound and the tools of ldns (Debian: apt-get install unbound ldnsutils)'
	return 1
}

dnssec_served() {
	printf 'server:\n\tlocal-zone: %s. transparent\n' "$1"
	printf 'auth-zone:\n\tname: "%s."\n\tzonefile: "%s"\n' "$1" "$D/$1.zone"
	printf '\tfor-downstream: no\n\tfor-upstream: yes\n\tfallback-enabled: no\n'
}

dnssec_plain() {
	cp "$2" "$D/$1.zone" && dnssec_served "$1" >"$D/$1.conf"
}

dnssec_zone() {
	if [ ! -s "$D/$1.key" ]; then
		dnssec_key=$(cd "$D" && ldns-keygen -a ECDSAP256SHA256 -k "$1") || return
		for dnssec_x in key ds private; do
			mv "$D/$dnssec_key.$dnssec_x" "$D/$1.$dnssec_x" || return
		done
	fi
	ldns-signzone -o "$1" -f "$D/$1.signed" "$2" "$D/$1" || return
	sed "${3:-}" "$D/$1.signed" >"$D/$1.zone" || return
	{ dnssec_served "$1" && printf 'server:\n\ttrust-anchor-file: "%s"\n' "$D/$1.ds"; } >"$D/$1.conf"
}

dnssec_conf() {
	cat <<-END
	server:
		interface: 127.0.0.1
		port: $1
		do-daemonize: no
		username: ""
		chroot: ""
		directory: "$D"
		pidfile: ""
		use-syslog: no
		logfile: ""
		verbosity: 1
		num-threads: 1
		module-config: "validator iterator"
		ede: yes
		val-log-level: 1
		local-zone: . refuse
	remote-control:
		control-enable: no
	END
	cat "$D"/*.conf
}

# it answers, or is gone
dnssec_settled() {
	grep -q 'start of service' "$D/log" || ! kill -0 "$dnssec_pid" 2>/dev/null
}

dnssec_start() {
	for dnssec_try in 1 2 3; do
		dnssec_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
		dnssec_conf "$dnssec_port" >"$D/unbound"
		: >"$D/log"
		"$DNSSEC_UNBOUND" -d -c "$D/unbound" >"$D/log" 2>&1 &
		dnssec_pid=$!
		if wait_until 10 dnssec_settled && kill -0 "$dnssec_pid" 2>/dev/null; then
			DNSCACHEIP=127.0.0.1:$dnssec_port
			export DNSCACHEIP
			return 0
		fi
		dnssec_stop
	done
	dnssec_why="unbound does not start: $(tail -n 1 "$D/log")"
	return 1
}

dnssec_stop() {
	[ -n "$dnssec_pid" ] || return 0
	kill "$dnssec_pid" 2>/dev/null
	wait "$dnssec_pid" 2>/dev/null
	dnssec_pid=
}

dnssec_tlsa() {
	printf '3 1 1 %s\n' "$(openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER |
		openssl dgst -sha256 -r | cut -d ' ' -f 1)"
}
