# tlsrelay.t - scripts/tlsclient-openssl and pneu-tlsrelay with openssl s_client (see tlsrelay.py)
. tests/lib.sh
for p in python3 openssl; do command -v $p >/dev/null || skip_all "needs $p"; done
unset TLS_CAFILE TLS_CAPATH TLS_TLSA OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR
mkdir "$T/tmp"
ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'
name='-subj /CN=mx.example -addext subjectAltName=DNS:mx.example'
{
	openssl req -x509 $ec -keyout "$T/ca.key" -out "$T/ca.crt" -subj /CN=authority &&
		openssl req -x509 $ec -keyout "$T/self.key" -out "$T/self.crt" $name &&
		openssl req $ec -keyout "$T/good.key" -out "$T/good.csr" -subj /CN=mx.example &&
		echo subjectAltName=DNS:mx.example >"$T/ext" &&
		openssl x509 -req -in "$T/good.csr" -CA "$T/ca.crt" -CAkey "$T/ca.key" -CAcreateserial -days 2 -extfile "$T/ext" -out "$T/good.crt"
} >"$T/openssl" 2>&1 || skip_all 'openssl makes no certificates'
for c in self good; do cat "$T/$c.key" "$T/$c.crt" >"$T/$c.pem"; done
TMPDIR=$T/tmp python3 tests/program/tlsrelay.py "exec '$PWD/scripts/tlsclient-openssl'" "$T"
