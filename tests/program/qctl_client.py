#!/usr/bin/env python3
"""qctl_client.py - talk to pneu-send's control socket in ways that pneu-qctl never would (wire/control.h)

    qctl_client.py SOCKET COMMAND...      commands, in order:
        raw BYTES       send one packet; \\0 in it is a NUL      -> nothing
        fd BYTES        the same with a descriptor attached
        made FILE       make an empty FILE: what was said before is on its way -> nothing
        answer          wait for a packet -> its fields, separated by |; "closed" at the end
        keep N          open N more connections and keep them
        first           the first connection of all becomes the current one
        last            the last one does
        drop            close the first connection        new   open one more
        uid N           become this user (before connecting: give it first)
"""
import os
import socket
import sys


def bytes_of(text):
    return text.replace('\\0', '\0').encode()


def connect(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(60)
    s.connect(path)
    return s


def main(path, *args):
    args = list(args)
    all_of_them = []
    if args[:1] == ['uid']:
        os.setgroups([])
        os.setgid(int(args[1]))
        os.setuid(int(args[1]))
        del args[:2]
    all_of_them.append(connect(path))
    now = all_of_them[0]
    while args:
        command = args.pop(0)
        if command == 'raw':
            now.send(bytes_of(args.pop(0)))
        elif command == 'fd':
            socket.send_fds(now, [bytes_of(args.pop(0))], [0])
        elif command == 'made':
            open(args.pop(0), 'w').close()
        elif command == 'answer':
            try:
                data = now.recv(65536)
            except ConnectionResetError:
                data = b''
            print('|'.join(data[:-1].decode('latin-1').split('\0')) if data else 'closed')
        elif command == 'keep':
            all_of_them += [connect(path) for _ in range(int(args.pop(0)))]
        elif command == 'first':
            now = all_of_them[0]
        elif command == 'last':
            now = all_of_them[-1]
        elif command == 'drop':
            all_of_them.pop(0).close()
        elif command == 'new':
            all_of_them.append(connect(path))
        else:
            raise SystemExit('qctl_client.py: what is %s?' % command)


main(*sys.argv[1:])
