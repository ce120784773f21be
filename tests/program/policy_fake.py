#!/usr/bin/env python3
"""A policy server that says what it is told to: policy_fake.py ADDRESS DIR

ADDRESS  unix:PATH, or inet: a port of 127.0.0.1, which appears in DIR/port
DIR/log     each request: its lines joined with "|"; "-" when a connection begins
DIR/answer  read at each request. Its first line is an answer as Python writes bytes ("action=dunno\\n\\n"), or hang, close,
            or last:ANSWER: close the connection after the answer, or twice:ANSWER: give it again when DIR/go appears, and
            then make DIR/gone
One process, one connection at a time is enough for one session."""
import os
import socket
import sys
import threading
import time

address, where = sys.argv[1:3]


def log(text):
    with open(where + '/log', 'a') as f:
        f.write(text + '\n')


def serve(c):
    log('-')
    have = b''
    while True:
        while b'\n\n' not in have:
            more = c.recv(65536)
            if not more:
                return
            have += more
        request, _, have = have.partition(b'\n\n')
        log(request.decode('latin-1').replace('\n', '|'))
        with open(where + '/answer') as f:
            answer = f.readline().rstrip('\n')
        if answer == 'hang':
            c.recv(1)
            return
        if answer == 'close':
            return
        last = answer.startswith('last:')
        twice = answer.startswith('twice:')
        if last or twice:
            answer = answer.partition(':')[2]
        answer = answer.encode('latin-1').decode('unicode_escape').encode('latin-1')
        try:
            c.sendall(answer)
            if twice:
                while not os.path.exists(where + '/go'):
                    time.sleep(0.02)
                c.sendall(answer)
                open(where + '/gone', 'w').close()
        except OSError:
            return
        if last:
            return


def guarded(c):
    with c:
        try:
            serve(c)
        except ConnectionResetError:            # it was given up with something unread
            pass


if address == 'inet:':
    s = socket.create_server(('127.0.0.1', 0))
    with open(where + '/port.tmp', 'w') as f:
        f.write('%d\n' % s.getsockname()[1])
    os.rename(where + '/port.tmp', where + '/port')
else:
    s = socket.socket(socket.AF_UNIX)
    s.bind(address[5:] + '.new')
    s.listen(8)
    os.rename(address[5:] + '.new', address[5:])        # whoever finds it may connect
while True:
    connection, _ = s.accept()
    threading.Thread(target=guarded, args=(connection,), daemon=True).start()
