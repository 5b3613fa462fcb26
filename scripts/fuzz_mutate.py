"""Random changes of inputs, of their bytes and, where they are JSON, of their values."""

import json

#: Values that readers tend to forget.
ODD = (
    *(None, True, -1, 0, 1, 2.5, 10**400, 1e308, float("nan"), float("-inf"), 2**63),
    *("", " ", "a.jpg", "\ud800", "\0", "=1", "0", "nan", "face", "../x", "x" * 300),
    *([], {}, [[]], [0], {"": None}, [1, 2, 3, 4]),
)
#: Bytes that have a meaning in some format.
MARKS = (
    b"\0",
    b"\n",
    b"\r",
    b",",
    b'"',
    b"\xff\xff\xff\xff",
    b"\xed\xa0\x80",
    b"1e999",
    b"{",
)


def changed(data, random, others=()):
    """A copy of some bytes with one to four changes.

    Parameters
    ----------
    data : bytes
    random : random.Random
    others : sequence of bytes
        Inputs of which pieces may be taken.

    Returns
    -------
    bytes
    """
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(data))
        end = min(len(data), start + random.choice((0, 1, 1, 2, 4, 30)))
        kind = random.randrange(5)
        if kind == 0 and data:
            data[start % len(data)] ^= 1 << random.randrange(8)
        elif kind == 1:
            data[start:end] = random.randbytes(end - start)
        elif kind == 2:
            data[start:end] = random.choice(MARKS)
        elif kind == 3:
            data[start:start] = data[start:end] * random.randint(1, 3)
        elif others:
            other = random.choice(others)
            place = random.randint(0, len(other))
            data[start:end] = other[place : place + random.randint(0, 40)]
    return bytes(data)


def as_utf_8(data):
    """Bytes without what is not UTF-8, so that readers see text more often than not.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    bytes
    """
    return data.decode("utf-8", "ignore").encode()


def changed_json(data, random):
    """JSON, or one line of it, with one value exchanged, doubled or removed.

    Parameters
    ----------
    data : bytes
        JSON, perhaps behind one byte of another meaning, or lines of JSON.
    random : random.Random

    Returns
    -------
    bytes or None
        None where it is no JSON.
    """
    for start in (0, 1):
        if (made := _changed(data[start:], random)) is not None:
            return data[:start] + made
    lines = data.split(b"\n")
    place = random.randrange(len(lines))
    made = _changed(lines[place], random)
    return None if made is None else b"\n".join([*lines[:place], made, *lines[place + 1 :]])


def _changed(data, random):
    """One JSON value changed; None where it is none, or has nothing to change."""
    if data[:1] not in (b"{", b"["):
        return None
    try:
        value = json.loads(data)
        places = list(_places(value))
    except (ValueError, RecursionError):
        return None
    if not places:
        return None
    parent, key = random.choice(places)
    kind = random.randrange(5)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent.insert(key, parent[key])
    elif kind == 2:
        other, place = random.choice(places)
        parent[key] = json.loads(json.dumps(other[place]))
    elif kind == 3 and isinstance(parent, dict):
        parent[str(random.choice(ODD))[:400]] = parent.pop(key)
    else:
        parent[key] = random.choice(ODD)
    return json.dumps(value).encode()


def _places(value):
    """Every value within a value: what holds it, and its key or number."""
    own = value.items() if isinstance(value, dict) else ()
    own = enumerate(value) if isinstance(value, list) else own
    for key, inner in list(own):
        yield value, key
        yield from _places(inner)
