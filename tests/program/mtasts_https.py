"""mtasts_https.py PEM PORTFILE DIR - an HTTPS server: DIR/HOST holds the answer for a host, a first line "CODE TYPE", then the body

"hang" as the first line answers nothing; "cut CODE TYPE" promises more than the body; "redirect" leads to the host's policy under another path, which is there."""
import http.server
import os
import ssl
import sys
import time

pem, portfile, directory = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            with open(os.path.join(directory, self.headers['Host'].split(':')[0]), 'rb') as f:
                what = f.readline().decode().split(None, 1)
                body = f.read()
        except FileNotFoundError:
            what, body = ['404', 'text/plain'], b'nothing'
        if what[0] == 'hang':
            time.sleep(3600)
        if what[0] == 'redirect':
            if self.path == '/other':
                what = ['200', 'text/plain']
            else:
                self.send_response(302)
                self.send_header('Location', '/other')
                self.end_headers()
                return
        elif self.path != '/.well-known/mta-sts.txt':
            what = ['404', 'text/plain']
        more = what[0] == 'cut'
        if more:
            what = what[1].split(None, 1)
        self.send_response(int(what[0]))
        self.send_header('Content-Type', what[1].strip())
        self.send_header('Content-Length', str(len(body) + more))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *args):      # clients that do not like the certificate are part of the play
        pass


server = Server(('127.0.0.1', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(pem)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(portfile + '.new', 'w') as f:
    print(server.server_address[1], file=f)
os.rename(portfile + '.new', portfile)
server.serve_forever()
