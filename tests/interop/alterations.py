"""Copies of a signed message in which one octet is another one."""

import re

from messages import field_name, join, split

SIGNATURES = (b"dkim-signature", b"arc-message-signature", b"arc-seal")


def alter_body(octets):
    """An octet of the body that no canonicalization drops; a body without one gets one."""
    fields, body = split(octets)
    match = re.search(rb"[^ \t\r\n]", body or b"")
    if match is None:
        return join(fields, b"x" + (body or b""))
    at = match.start()
    return join(fields, body[:at] + other(body[at : at + 1]) + body[at + 1 :])


def alter_signed_field(octets):
    """A letter of the From field, which every signature covers."""
    return change_field(octets, (b"from",), rb"(?i)bob(?=@)", lambda found: b"rob")


def alter_body_hash(octets):
    return change_field(octets, SIGNATURES, rb"(?<=[;\s])bh\s*=\s*[A-Za-z0-9+/]", change_last)


def alter_signature(octets):
    return change_field(octets, SIGNATURES, rb"(?<=[;\s])b\s*=\s*[A-Za-z0-9+/]", change_last)


ALTERATIONS = {
    "body": alter_body,
    "signed field": alter_signed_field,
    "bh=": alter_body_hash,
    "b=": alter_signature,
}


def change_field(octets, names, pattern, change):
    fields, body = split(octets)
    changed = []
    for field in fields:
        if field_name(field) in names:
            field = re.sub(pattern, lambda match: change(match.group()), field, count=1)
        changed.append(field)
    altered = join(changed, body)
    assert altered != octets, f"nothing matched {pattern!r}"
    return altered


def change_last(found):
    return found[:-1] + (b"A" if found[-1:] != b"A" else b"B")


def other(octet):
    return b"y" if octet != b"y" else b"z"
