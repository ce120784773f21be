# sink.py - another host: takes mail and writes down who it was for
#
#   sink.py PORTFILE LOG [MESSAGES]
#
# Listens on a free port of 127.0.0.1 and writes its number to PORTFILE. For each message taken the lines "F sender",
# "T recipient"... and "." go to LOG in one write; with the directory MESSAGES the message as it came goes into a file there.
# A recipient that begins with "refuse" is refused for ever, one that begins with "later" for now.
import asyncio, os, sys

portfile, logfile = sys.argv[1:3]
keep = sys.argv[3] if len(sys.argv) > 3 else None
log = open(logfile, 'ab', buffering=0)
taken = 0


def path(line):
    return line[line.index(b'<') + 1:line.rindex(b'>')]


async def message(reader):
    lines = []
    while True:
        line = await reader.readuntil(b'\r\n')
        if line == b'.\r\n':
            return b''.join(lines)
        lines.append(line[1:] if line[:1] == b'.' else line)


async def serve(reader, writer):
    global taken
    sender, rcpts = None, []
    writer.write(b'220 sink.test\r\n')
    try:
        while True:
            line = await reader.readuntil(b'\n')
            word = line[:4].upper()
            if word == b'EHLO':
                writer.write(b'250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n')
            elif word == b'MAIL':
                sender, rcpts = path(line), []
                writer.write(b'250 2.1.0 ok\r\n')
            elif word == b'RCPT':
                rcpt = path(line)
                if rcpt.startswith(b'refuse'):
                    writer.write(b'550 5.1.1 nobody of that name\r\n')
                elif rcpt.startswith(b'later'):
                    writer.write(b'450 4.2.0 not now\r\n')
                else:
                    rcpts.append(rcpt)
                    writer.write(b'250 2.1.5 ok\r\n')
            elif word == b'DATA' and not rcpts:
                writer.write(b'554 5.5.1 no recipients\r\n')
            elif word == b'DATA':
                writer.write(b'354 go on\r\n')
                text = await message(reader)
                taken += 1
                if keep:
                    with open(os.path.join(keep, '.%d' % taken), 'wb') as f:
                        f.write(text)
                    os.rename(f.name, os.path.join(keep, '%d' % taken))
                log.write(b'F ' + sender + b'\n' + b''.join(b'T ' + r + b'\n' for r in rcpts) + b'.\n')
                writer.write(b'250 2.0.0 taken\r\n')
            elif word == b'QUIT':
                writer.write(b'221 2.0.0 bye\r\n')
                break
            else:
                writer.write(b'250 2.0.0 ok\r\n')
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, '127.0.0.1', 0, limit=1 << 20, backlog=256)
    with open(portfile + '.new', 'w') as f:
        f.write('%d\n' % server.sockets[0].getsockname()[1])
    os.rename(portfile + '.new', portfile)
    await server.serve_forever()

asyncio.run(main())
