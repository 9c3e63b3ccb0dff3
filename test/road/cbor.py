"""As much of CBOR as tests say and hear: no tags but times, nothing of indefinite length."""
import struct


class Time(float):
    """Seconds since 1970, tagged so."""


def head(major, number):
    for bits, code, form in ((8, 24, ">B"), (16, 25, ">H"), (32, 26, ">I"), (64, 27, ">Q")):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << bits:
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise ValueError(number)


def dumps(value):
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, Time):
        return b"\xc1" + dumps(int(value) if value.is_integer() else float(value))
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(dumps, value))
    return head(5, len(value)) + b"".join(dumps(k) + dumps(v) for k, v in value.items())


def loads(data):
    value, at = item(data, 0)
    assert at == len(data)
    return value


def item(data, at):
    major, number = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        if number == 27:
            return struct.unpack_from(">d", data, at)[0], at + 8
        return {20: False, 21: True, 22: None}[number], at
    if number >= 24:
        size = 1 << (number - 24)
        number, at = int.from_bytes(data[at:at + size], "big"), at + size
    if major in (0, 1):
        return (number if major == 0 else -1 - number), at
    if major in (2, 3):
        assert at + number <= len(data)
        piece = data[at:at + number]
        return (piece if major == 2 else piece.decode()), at + number
    if major == 6:
        assert number == 1
        value, at = item(data, at)
        return Time(value), at
    values = []
    for _ in range(number * (2 if major == 5 else 1)):
        value, at = item(data, at)
        values.append(value)
    return (values if major == 4 else dict(zip(values[::2], values[1::2]))), at
