"""The messages that every implementation is asked about: legal ones, and odd but legal ones.

The list is the same in each run. Each message is one of the header sections below with one of the bodies
below; names say which. All have one From field whose domain is contoso.example, and CRLF line ends.
"""

import base64
import random
import sys
from collections import namedtuple
from pathlib import Path

Message = namedtuple("Message", "name octets")

CRLF = b"\r\n"


def corpus():
    """Every header section with four bodies, every body with four header sections, and a few by themselves."""
    headers, bodies = header_sections(), body_texts()
    pairs = {(h, (h * 5 + step * 7) % len(bodies)) for h in range(len(headers)) for step in range(4)}
    pairs |= {((b * 3 + step * 5) % len(headers), b) for b in range(len(bodies)) for step in range(4)}
    messages = []
    for h, b in sorted(pairs):
        (header_name, header), (body_name, body) = headers[h], bodies[b]
        messages.append(Message(f"{header_name}+{body_name}", header + CRLF + body))
    messages.append(Message("no-body-and-no-blank-line", section("ordinary")))
    messages += random_messages(60)
    assert len({m.name for m in messages}) == len(messages)
    return messages


def unterminated():
    """Bodies that do not end in CRLF. SMTP cannot carry them, and of the peers dkimpy alone reads them as RFC 6376
    §3.4.3 and §3.4.4 say ("If there is no trailing CRLF on the message body, a CRLF is added"); a file can hold them."""
    headers = [section("ordinary"), b"From: bob@contoso.example\r\n"]
    bodies = [b"Hello.", b"one\r\ntwo", b"\r\n\r\nend", b"x" * 5000, b"tab\t and  spaces"]
    return [
        Message(f"unterminated-{h}-{b}", header + CRLF + body)
        for h, header in enumerate(headers)
        for b, body in enumerate(bodies)
    ]


def section(*extra, subject=b"Subject: Minutes of Tuesday"):
    """An ordinary header section, with fields added or replaced."""
    fields = [
        b"Received: from client.contoso.example (client.contoso.example [192.0.2.7])\r\n"
        b"\tby mail.contoso.example with ESMTP id 4X7;\r\n\tTue, 24 Nov 2026 09:00:01 +0900",
        b"Date: Tue, 24 Nov 2026 09:00:00 +0900",
        b"From: Bob <bob@contoso.example>",
        b"To: Ken <ken@tailspin.example>",
        subject,
        b"Message-ID: <20261124090000.1@contoso.example>",
    ]
    if extra != ("ordinary",):
        fields += extra
    return b"".join(field + CRLF for field in fields)


def header_sections():
    utf8 = "Jürgen 健 Müller".encode()
    mime = b"MIME-Version: 1.0"
    return [
        ("ordinary", section("ordinary")),
        ("minimal", b"From: bob@contoso.example\r\n"),
        ("from-last", b"Subject: x\r\nDate: Tue, 24 Nov 2026 09:00:00 +0900\r\nFrom: bob@contoso.example\r\n"),
        ("folded-subject", section(subject=b"Subject: a subject\r\n that is folded\r\n\tthree\r\n   times")),
        ("folded-after-colon", section(subject=b"Subject:\r\n the value begins on the next line")),
        ("folded-from", section("ordinary").replace(b"From: Bob <", b"From: Bob\r\n <")),
        ("trailing-blanks", section(subject=b"Subject: blanks at the end  \t ")),
        ("inner-tabs", section(subject=b"Subject: a\tb \t c  \t  d")),
        ("no-space-after-colon", section(subject=b"Subject:tight")),
        ("many-spaces-after-colon", section(subject=b"Subject:     loose")),
        ("tab-after-colon", section(subject=b"Subject:\ttabbed")),
        ("upper-case-names", section("ordinary").replace(b"Subject:", b"SUBJECT:").replace(b"From:", b"FROM:")),
        ("mixed-case-names", section("ordinary").replace(b"Date:", b"dAtE:").replace(b"To:", b"tO:")),
        ("empty-subject", section(subject=b"Subject:")),
        ("blank-subject", section(subject=b"Subject: ")),
        ("empty-unknown-field", section(b"X-Empty:", b"X-Blank: \t ")),
        ("repeated-comments", section(b"Comments: one", b"Comments: two", b"Comments: three")),
        ("repeated-received", b"".join(
            b"Received: by relay%d.contoso.example; Tue, 24 Nov 2026 09:00:0%d +0900\r\n" % (n, n)
            for n in range(6)) + section("ordinary")),
        ("repeated-other-case", section(b"X-Tag: one", b"x-tag: two", b"X-TAG:three")),
        ("long-subject", section(subject=b"Subject: " + b"word " * 180 + b"end")),
        ("longer-than-998", section(subject=b"Subject: " + b"longword" * 250)),
        ("many-recipients", section("ordinary").replace(
            b"To: Ken <ken@tailspin.example>",
            b"To: " + b",\r\n ".join(b"ken%d@tailspin.example" % n for n in range(120)))),
        ("utf8-subject", section(subject="Subject: 送信ドメイン認証".encode())),
        ("utf8-from", section("ordinary").replace(b"From: Bob", b"From: " + utf8)),
        ("latin1-subject", section(subject="Subject: Grüße".encode("latin-1"))),
        ("encoded-words", section(subject=b"Subject: =?UTF-8?B?6YCB5L+h44OJ44Oh44Kk44Oz?=\r\n =?iso-8859-1?q?Gr=FC=DFe?=")),
        ("quoted-display-name", section("ordinary").replace(b"From: Bob", b'From: "Bob, \\"the\\" builder: x;y"')),
        ("comment-in-from", section("ordinary").replace(b"From: Bob <bob@contoso.example>", b"From: bob@contoso.example (Bob (really))")),
        ("group-in-cc", section(b"Cc: friends: a@tailspin.example, b@tailspin.example;")),
        ("list-fields", section(
            b"List-Id: <walkers.contoso.example>", b"List-Unsubscribe: <https://contoso.example/u?x=1>,\r\n\t<mailto:u@contoso.example>",
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"Precedence: list")),
        ("reply-fields", section(b"Reply-To: office@contoso.example", b"In-Reply-To: <1@tailspin.example>", b"References: <0@tailspin.example>\r\n <1@tailspin.example>")),
        ("resent-block", b"Resent-From: bob@contoso.example\r\nResent-Date: Tue, 24 Nov 2026 10:00:00 +0900\r\n" + section("ordinary")),
        ("sender-field", section(b"Sender: assistant@contoso.example")),
        ("foreign-results", b"Authentication-Results: mx.tailspin.example; dkim=none\r\n" + section("ordinary")),
        ("colons-in-value", section(subject=b"Subject: a: b:: c; d=e; h=from:to")),
        ("value-like-a-tag-list", section(b"X-Sig: v=1; a=rsa-sha256; b=; bh=abc")),
        ("punctuated-name", section(b"X_odd.name+1!#$%&'*^`{|}~: the name uses all that RFC 5322 allows")),
        ("multipart", section(mime, b'Content-Type: multipart/mixed; boundary="=_edge"')),
        ("quoted-printable", section(mime, b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: quoted-printable")),
        ("base64", section(mime, b"Content-Type: application/octet-stream;\r\n name=\"a.bin\"", b"Content-Transfer-Encoding: base64")),
        ("eight-bit", section(mime, b"Content-Type: text/plain; charset=iso-2022-jp", b"Content-Transfer-Encoding: 8bit")),
        ("deep-folding", section(b"References:" + b"".join(b"\r\n <%d.%d@contoso.example>" % (n, n * n) for n in range(60)))),
        ("unicode-blanks", section(subject="Subject: no\u00a0break and\u3000wide".encode())),
    ]


def body_texts():
    data = random.Random(1).randbytes(3000)
    encoded = base64.encodebytes(data).replace(b"\n", CRLF)
    prose = b"The quick brown fox jumps over the lazy dog.\r\n" * 40
    return [
        ("empty", b""),
        ("one-blank-line", b"\r\n"),
        ("many-blank-lines", b"\r\n" * 40),
        ("short", b"Hello.\r\n"),
        ("trailing-blank-lines", b"Hello.\r\n\r\n\r\n\r\n"),
        ("leading-blank-lines", b"\r\n\r\nHello.\r\n"),
        ("inner-blank-lines", b"one\r\n\r\n\r\ntwo\r\n\r\nthree\r\n"),
        ("trailing-spaces", b"one  \r\ntwo\t\r\nthree \t \r\n"),
        ("blank-then-spaces", b"Hello.\r\n\r\n  \r\n\t\r\n"),
        ("only-spaces", b"   \r\n"),
        ("inner-runs", b"a  b\t\tc \t d\r\n    indented\r\n\tby a tab\r\n"),
        ("prose", prose),
        ("dots", b".\r\n..\r\n.hidden\r\n...\r\n"),
        ("from-lines", b"From bob\r\n>From ken\r\n--\r\n-- \r\nBob\r\n"),
        ("long-line", b"x" * 998 + CRLF),
        ("longer-line", b"y " * 3000 + CRLF),
        ("eight-bit", "Grüße, 健さん。送信ドメイン認証\r\n".encode() * 10),
        ("latin1", "Grüße\r\n".encode("latin-1") * 10),
        ("all-octets", bytes(b for b in range(1, 256) if b not in (10, 13)) + CRLF),
        ("quoted-printable", b"Gr=C3=BC=C3=9Fe =\r\nsoft line break=20\r\n=3D=3D\r\n"),
        ("base64", encoded),
        ("html", b"<html>\r\n<body>\r\n  <p>Hello,&nbsp;<b>Ken</b></p>   \r\n</body>\r\n</html>\r\n"),
        ("multipart", b"--=_edge\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--=_edge\r\nContent-Type: text/html\r\n\r\n"
                      b"<p>Hello.</p>\r\n--=_edge--\r\n"),
        ("looks-like-fields", b"From: eve@attacker.example\r\nDKIM-Signature: v=1; d=contoso.example\r\n\r\nbody\r\n"),
        ("around-4096", b"z" * 4094 + CRLF + b"w" * 4095 + b"\r\n\r\n"),
        ("blanks-around-4096", b"q" * 4090 + b" " * 12 + CRLF + b" " * 4096 + b"r\r\n"),
        ("large", prose * 60 + encoded * 10),
    ]


def random_messages(count):
    """Header values and bodies drawn from what canonicalization cares about."""
    draw = random.Random(20261124)
    pieces = [b"a", b"Z", b"0", b" ", b"  ", b"\t", b" \t ", b"word", b".", b"=", b";", b":", "é".encode(), b"\xff"]
    folds = [b"\r\n ", b"\r\n\t", b" \r\n  "]
    messages = []
    for number in range(count):
        fields = [b"From: bob@contoso.example"]
        for name in draw.sample([b"Subject", b"To", b"Cc", b"X-A", b"X-A", b"Date", b"Comments"], k=5):
            value = b"v" + b"".join(draw.choice(pieces) for _ in range(draw.randrange(12)))
            for _ in range(draw.randrange(3)):
                value += draw.choice(folds) + b"w" + draw.choice(pieces)
            fields.append(name + b":" + draw.choice([b"", b" ", b"  ", b"\t"]) + value)
        draw.shuffle(fields)
        lines = []
        for _ in range(draw.randrange(9)):
            lines.append(b"".join(draw.choice(pieces) for _ in range(draw.randrange(8))) + CRLF)
        body = b"".join(lines) + draw.choice([b"", b"", b"end" + CRLF, CRLF, CRLF * 3])
        messages.append(Message(f"random-{number}", CRLF.join(fields) + CRLF + CRLF + body))
    return messages


def split(octets):
    """The header fields (each with its folds, without the final CRLF) and the body (None where there is no blank line)."""
    header, blank, body = octets.partition(b"\r\n\r\n")
    if not blank:
        header, body = octets.removesuffix(CRLF), None
    fields = []
    for line in header.split(CRLF):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += CRLF + line
        else:
            fields.append(line)
    return fields, body


def join(fields, body):
    section = b"".join(field + CRLF for field in fields)
    return section if body is None else section + CRLF + body


def field_name(field):
    return field.partition(b":")[0].strip().lower()


if __name__ == "__main__":
    # messages.py FOLDER: writes the messages there, a file each.
    folder = Path(sys.argv[1])
    for number, message in enumerate(corpus()):
        (folder / f"{number:03}-{message.name}.eml").write_bytes(message.octets)
