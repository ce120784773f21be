# outbound_opensmtpd.t - mail to OpenSMTPD, which knows neither PIPELINING nor CHUNKING nor SMTPUTF8
server=opensmtpd
unknown='Invalid recipient'
unknown_status=5.1.0            # it has none here
no_utf8=yes
. tests/system/outbound.sh </dev/null
outbound_end
