#!/bin/sh
# TLS that others do for pneu-smtpd: STARTTLS three ways, TLS from the start, and nothing that crosses (see smtpd_tls.py)
. tests/lib.sh
. tests/program/smtpd_lib.sh
command -v python3 >/dev/null || skip_all 'no python3'
command -v openssl >/dev/null || skip_all 'no openssl'
unset SMTPS SSL_PROTOCOL SSL_CIPHER SSL_CIPHER_USEKEYSIZE SSLCTLFD SSLREADFD SSLWRITEFD SUBMISSION PNEU_LOGIN
cat >"$T/check" <<'S'
#!/bin/sh
case $(tr '\0' '|' <&3) in 'ann|secret|'*) exit 0 ;; esac
exit 1
S
chmod +x "$T/check"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$T/key" -out "$T/crt" -days 2 \
    -subj /CN=mx.example >"$T/openssl" 2>&1 || skip_all 'openssl makes no certificate'
cat "$T/key" "$T/crt" >"$T/pem"
python3 tests/program/smtpd_tls.py "$T"
