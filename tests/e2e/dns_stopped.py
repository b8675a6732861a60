"""The nodes' resolver hangs under load: it takes questions and answers none. Postfix has another one."""

import time

from load import Load
from mail import arrived, message, send
from postfix import RECEIVER, SENDER
from process import wait_until

RATE = 20  # messages per second
SENDERS = 96
PATIENT = 30  # seconds in which any message must have an answer


class Mail:
    """The answer to each message and how long it took; `make` gives (octets, MAIL FROM, address it comes from)."""

    def __init__(self, user, make):
        self.user, self.make, self.replies = user, make, []

    def deliver(self, number):
        octets, mail_from, source = self.make(number)
        start = time.monotonic()
        reply = send(octets, f"{self.user}@tailspin.example", mail_from=mail_from, server=RECEIVER, source=source)
        self.replies.append((number, reply, time.monotonic() - start))

    def deliver_for(self, seconds):
        """True where every message that was begun has an answer."""
        load = Load(self.deliver, RATE, SENDERS)
        load.run()
        time.sleep(seconds)
        return load.end(2 * PATIENT)

    def slowest(self):
        return max(seconds for _, _, seconds in self.replies)

    def p99(self):
        return sorted(seconds for _, _, seconds in self.replies)[len(self.replies) * 99 // 100]


def contoso(number):
    return message(subject=f"stopped {number}"), "jo@contoso.example", SENDER


def contoso_and_spoofs(number):
    """Honest mail, and as often somebody else's under a policy of reject, which comes from elsewhere."""
    if number % 2:
        return message(author="ceo@rejecting.example", subject=f"stopped {number}"), "ceo@rejecting.example", "203.0.113.66"
    return contoso(number)


def with_a_warm_cache(scene, seconds):
    """DNS stopped under load, everything in the cache"""
    send(*contoso(0)[:1], "stopwarm@tailspin.example", server=RECEIVER, source=SENDER)
    arrived("stopwarm")
    mail = Mail("stopwarm", contoso)
    scene.dns.hang()
    try:
        answered = mail.deliver_for(seconds)
    finally:
        scene.dns.go_on()
    sent, refused = len(mail.replies), [reply for _, reply, _ in mail.replies if not reply.accepted]
    title = f"DNS stopped for {seconds:.0f} s, warm cache: {sent} messages at {RATE}/s"
    scene.that(answered and not refused, f"{title}: all accepted, p99 {mail.p99():.2f} s, slowest {mail.slowest():.2f} s", refused[:3])
    passed = [got for got in arrived("stopwarm", sent + 1) if got.says("spf=pass", "dmarc=pass")]
    scene.that(len(passed) == sent + 1, "and passed, from answers that have not expired", len(passed))
    scene.checks.notes.append(f"{title}: all passed, p99 {mail.p99():.2f} s, slowest {mail.slowest():.2f} s")


def with_a_cold_cache(scene, seconds):
    """DNS stopped under load, nothing in the cache"""
    mail = Mail("stopcold", contoso_and_spoofs)
    scene.dns.hang()
    try:
        scene.receiving.restart()
        answered = mail.deliver_for(seconds)
    finally:
        scene.dns.go_on()
    sent, accepted = len(mail.replies), [number for number, reply, _ in mail.replies if reply.accepted]
    odd = [reply for _, reply, _ in mail.replies if not (reply.accepted or reply.starts("451 4.7"))]
    title = f"DNS stopped for {seconds:.0f} s, cold cache: {sent} messages at {RATE}/s"
    answers = f"{len(accepted)} accepted, {sent - len(accepted)} deferred"
    scene.that(sent and answered and mail.slowest() < PATIENT, f"{title}: all answered, {answers}, slowest {mail.slowest():.1f} s", mail.slowest())
    scene.that(not odd, "none is refused for good", odd[:3])
    found = arrived("stopcold", len(accepted)) if accepted else []
    wrong = [got.octets for got in found if not got.says("spf=temperror", "dmarc=temperror")]
    scene.that(not wrong, "what is accepted has spf=temperror, dmarc=temperror; nothing passes", wrong[:1])
    scene.checks.notes.append(f"{title}: {answers}, none refused, none passed, slowest {mail.slowest():.1f} s")
    wait_until("a spoof is refused again", lambda: spoof().starts("550 5.7.1"))
    reply = send(message(), "stopafter@tailspin.example", server=RECEIVER, source=SENDER)
    good = reply.accepted and arrived("stopafter")[0].says("spf=pass", "dmarc=pass")
    scene.that(good, "DNS is back: a spoof is refused and honest mail passes", reply)


def spoof():
    octets, mail_from, source = contoso_and_spoofs(1)
    return send(octets, "stopspoof@tailspin.example", mail_from=mail_from, server=RECEIVER, source=source)
