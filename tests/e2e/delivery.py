"""Honest mail arrives, signed and judged, whatever its size and characters."""

import dkim
from mail import arrived, arrived_one, message, only_one, send
from postfix import APPLICATION, SENDER

JO = "jo@contoso.example"


def signed_and_passed(scene):
    """A user's mail is signed here and passes there"""
    reply = send(message(), "signed@tailspin.example", login=JO)
    got = arrived_one("signed")
    scene.that(reply.accepted and got.signed_by() == ["contoso.example"], "a user's mail is signed once", (reply, got.octets))
    scene.that(got.says("dkim=pass", "spf=pass", "dmarc=pass"), "the receiver adds dkim=pass, spf=pass, dmarc=pass", got.octets)
    names = [name.lower() for name, _ in got.parsed.items()]
    own = names.index("authentication-results")
    scene.that("received" in names[own:], "Authentication-Results stands above the Received field of the sender", names)
    scene.that(verified_by_dkimpy(scene, got), "dkimpy verifies the signature", got.octets)


def verified_by_dkimpy(scene, got):
    def txt(name, timeout=5):
        selector, domain = name.decode().rstrip(".").split("._domainkey.")
        return scene.records[domain, selector].encode()

    return dkim.verify(got.octets, dnsfunc=txt)


def forwarded(scene):
    """SPF fails behind a forwarder, DMARC passes by the signature"""
    send(message(to="forwarded@fabrikam.example"), "forwarded@fabrikam.example", login=JO)
    got = arrived_one("forwarded")
    scene.that(got.says("spf=fail", "dkim=pass", "dmarc=pass"), "forwarded: spf=fail, dkim=pass, dmarc=pass", got.octets)


def large(scene):
    """25 MB"""
    line = b"0123456789" * 7 + b"01234\r\n"
    octets = message(body=line * (25_000_000 // len(line)))
    before = scene.sending.memory(), scene.receiving.memory()
    reply = send(octets, "large@tailspin.example", login=JO)
    got = arrived_one("large", 60)
    good = len(got.octets) >= 25_000_000 and got.says("dkim=pass", "dmarc=pass")
    scene.that(reply.accepted and good, "25 MB: signed and passed", (reply, got.octets[:2000]))
    after = scene.sending.memory(), scene.receiving.memory()
    scene.that(all(b - a < 10 for a, b in zip(before, after)), "25 MB: no node grows by 10 MB", (before, after))


def smtputf8(scene):
    """SMTPUTF8: addresses and header in UTF-8"""
    octets = message(author="Jörg <jörg@contoso.example>", to="utf8@tailspin.example", subject="Grüße 件名", body="Schöne Grüße\r\n".encode())
    reply = send(octets, "utf8@tailspin.example", mail_from="jörg@contoso.example", login=JO, options=["SMTPUTF8", "BODY=8BITMIME"])
    got = arrived_one("utf8")
    scene.that(reply.accepted and got.says("dkim=pass", "dmarc=pass"), "SMTPUTF8: signed and passed", (reply, got.octets))
    octets = message(author="jo@bücher.example", to="idn@tailspin.example")
    reply = send(octets, "idn@tailspin.example", mail_from="jo@bücher.example", login=JO, options=["SMTPUTF8", "BODY=8BITMIME"])
    got = arrived_one("idn")
    good = got.signed_by() == ["xn--bcher-kva.example"] and got.says("dkim=pass", "dmarc=pass")
    scene.that(reply.accepted and good, "an Author Domain in UTF-8 signs as its A-label and passes", (reply, got.octets))


def twenty_recipients(scene):
    """20 recipients"""
    users = [f"many{n}" for n in range(20)]
    reply = send(message(), [f"{user}@tailspin.example" for user in users], login=JO)
    good = [user for user in users if arrived_one(user).says("dkim=pass", "dmarc=pass")]
    scene.that(reply.accepted and good == users, "20 recipients: each gets it, signed and passed", good)


def odd_bodies(scene):
    """Bodies on which canonicalization could trip"""
    bodies = {
        "empty": b"",
        "dots": b".\r\n..\r\n.x\r\n" + b"\r\n" * 3,
        "blanks": b"  \t a \t b  \r\n\t\r\n \r\n\r\n",
        "noend": b"no line end",
        "longline": b"x" * 900 + b"\r\n",
    }
    for name, body in bodies.items():
        fields = ["X-Folded: one\r\n\ttwo\r\n  three", "X-Empty:", "Received: from a.example by b.example; Tue, 24 Nov 2026 07:00:00 +0000"]
        send(message(body=body, fields=fields), f"{name}@tailspin.example", login=JO)
    passed = [name for name in bodies if arrived_one(name).says("dkim=pass", "dmarc=pass")]
    scene.that(passed == list(bodies), "odd bodies and folded fields: signed and passed", passed)


def several_in_one_session(scene):
    """Several messages in one SMTP session, a reset and a refused recipient between them"""
    import smtplib

    with smtplib.SMTP("198.51.100.10", local_hostname="client.e2e.test", source_address=(APPLICATION, 0), timeout=60) as smtp:
        for n in range(3):
            smtp.mail("jo@contoso.example")
            smtp.rcpt("nobody@tailspin.example")
            smtp.rset()
            smtp.sendmail("jo@contoso.example", ["session@tailspin.example"], message(subject=f"number {n}"))
    got = arrived("session", 3)
    good = [m for m in got if m.signed_by() == ["contoso.example"] and m.says("dkim=pass", "dmarc=pass")]
    scene.that(len(good) == 3, "three messages in one session, RSET between them: each signed and passed once", [m.octets for m in got])


def by_command_line(scene):
    """sendmail(1) signs as configured"""
    text = message(to="local@tailspin.example").replace(b"\r\n", b"\n")
    scene.sender.run("sendmail", "-f", JO, "local@tailspin.example", octets=text)
    got = arrived_one("local")
    scene.that(got.signed_by() == ["contoso.example"] and got.says("dkim=pass", "dmarc=pass"), "sendmail(1): signed as [[sign.source]] local says", got.octets)
    text = message(author="bo@wingtip.example", to="localother@tailspin.example").replace(b"\r\n", b"\n")
    scene.sender.run("sendmail", "-f", "bo@wingtip.example", "localother@tailspin.example", octets=text)
    got = arrived_one("localother")
    scene.that(got.signed_by() == [], "sendmail(1): a domain that is not named there is not signed", got.octets)


def bounce_is_not_judged(scene):
    """Postfix's own bounce: not judged where it is made, and signed as sendmail(1) is"""
    send(message(to="nobody@nowhere.example"), "nobody@nowhere.example", mail_from="bounced@inbound.example", login=JO)
    got = arrived_one("bounced")
    scene.that(got.results("mail.contoso.example") == [], "Postfix's bounce is not judged where it is made", got.octets)
    good = got.signed_by() == ["contoso.example"] and got.says("dkim=pass", "dmarc=pass")
    scene.that(good, "with internal_mail_filter_classes = bounce it is signed", got.octets)


CASES = [signed_and_passed, forwarded, large, smtputf8, twenty_recipients, odd_bodies, several_in_one_session, by_command_line, bounce_is_not_judged]
