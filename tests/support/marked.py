"""Pipeline files with mistakes at marked places, and what `weir check` says of them.

In the texts MARK stands before each character that a message must point at; it is taken out
before the file is written. Without MARK the file as a whole is meant.
"""
MARK = "@@"
INPUT = '{"Type": "input_stdin"}'
FLUSHER = '{"Type": "flusher_blackhole"}'


def pipeline(inputs=INPUT, flushers=FLUSHER, more=""):
    return f'{{\n  "inputs": [{inputs}],\n  "flushers": [{flushers}]{more}\n}}\n'


def delivery(members):
    return pipeline(flushers=f'{{"Type": "flusher_blackhole", "delivery": {{{members}}}}}')


def http(members, more=""):
    return pipeline(
        flushers=f'{{"Type": "flusher_http", "RemoteURL": "http://h/", {members}}}', more=more)


def unmark(text):
    """The bytes without the marks, and the places (line, column in characters) of these."""
    data = text if isinstance(text, bytes) else text.encode()
    before, *parts = data.split(MARK.encode())
    places = []
    for part in parts:
        line = before.rpartition(b"\n")[2]
        places.append((before.count(b"\n") + 1, len(line.decode(errors="replace")) + 1))
        before += part
    return before, places or [(1, 1)]


def check(weir, *arguments):
    done = weir.command("check", "--plugins", weir.plugins, *arguments)
    assert "Sanitizer" not in done.stderr, done.stderr
    return done
