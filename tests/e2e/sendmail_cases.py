"""Debian's Sendmail with the line of docs/sendmail.md."""

from mail import arrived_one, count_of, message, only_one, send
from postfix import APPLICATION, OUTSIDER, RECEIVER, SENDER
from sendmail import ADDRESS

MAIL_HOST = "mail.contoso.example"


def signs(scene):
    """Sendmail: own mail is signed once"""
    reply = send(message(), "smsigned@tailspin.example", server=ADDRESS, source=APPLICATION)
    got = arrived_one("smsigned")
    good = reply.accepted and only_one("smsigned") and got.signed_by() == ["contoso.example"]
    scene.that(good and not got.results(MAIL_HOST), "Sendmail: own mail is signed once and not judged", (reply, got.octets))
    reply = send(got.octets, "smsignedjudged@tailspin.example", server=RECEIVER, source=ADDRESS)
    again = arrived_one("smsignedjudged")
    scene.that(again.says("dkim=pass", "spf=pass", "dmarc=pass"), "what Sendmail passed on: dkim=pass, dmarc=pass", again.octets)


def judges(scene):
    """Sendmail: mail from outside is judged once"""
    forged = "Authentication-Results: mail.contoso.example; dmarc=pass"
    octets = message(author="ceo@observing.example", fields=[forged, "Authentication-Results: other.example; spf=pass", forged])
    reply = send(octets, "smjudged@tailspin.example", mail_from="ceo@observing.example", server=ADDRESS, source=OUTSIDER)
    got = arrived_one("smjudged")
    good = reply.accepted and only_one("smjudged") and got.says("spf=fail", "dmarc=fail", authserv_id=MAIL_HOST)
    scene.that(good and got.signed_by() == [], "Sendmail: judged once, forged results gone, not signed", (reply, got.octets))
    reply = send(message(), "smpass@tailspin.example", server=ADDRESS, source=SENDER)
    got = arrived_one("smpass")
    scene.that(got.says("spf=pass", "dmarc=pass", authserv_id=MAIL_HOST), "Sendmail: spf=pass and dmarc=pass from a server in SPF", (reply, got.octets))
    spoof = message(author="ceo@rejecting.example")
    reply = send(spoof, "smrefused@tailspin.example", mail_from="ceo@rejecting.example", server=ADDRESS, source=OUTSIDER)
    scene.that(reply.starts("550 5.7.1") and count_of("smrefused") == 0, "Sendmail: a spoof under p=reject: 550 5.7.1", reply)


CASES = [signs, judges]
