"""The nodes' resolver hangs under load: it takes questions and answers none. Postfix has another one."""

import threading
import time

from mail import arrived, message, send
from postfix import RECEIVER, SENDER
from process import wait_until

RATE = 20  # messages per second
SENDERS = 96
PATIENT = 30  # seconds in which any message must have an answer


class Load:
    """Mail at a steady rate until it is told to end; `make` gives (octets, MAIL FROM, address it comes from)."""

    def __init__(self, user, make):
        self.user, self.make, self.replies, self.next = user, make, [], 0
        self.lock, self.ended, self.start = threading.Lock(), threading.Event(), time.monotonic()
        self.threads = [threading.Thread(target=self.go, daemon=True) for _ in range(SENDERS)]

    def go(self):
        while not self.ended.is_set():
            with self.lock:
                number, self.next = self.next, self.next + 1
            self.ended.wait(max(0.0, self.start + number / RATE - time.monotonic()))
            octets, mail_from, source = self.make(number)
            start = time.monotonic()
            reply = send(octets, f"{self.user}@tailspin.example", mail_from=mail_from, server=RECEIVER, source=source)
            self.replies.append((number, reply, time.monotonic() - start))

    def run(self, seconds):
        for thread in self.threads:
            thread.start()
        time.sleep(seconds)
        self.ended.set()
        for thread in self.threads:
            thread.join(2 * PATIENT)

    def slowest(self):
        return max(seconds for _, _, seconds in self.replies)

    def p99(self):
        return sorted(seconds for _, _, seconds in self.replies)[len(self.replies) * 99 // 100]

    def answered(self):
        """Every message that was begun has its answer."""
        return not any(thread.is_alive() for thread in self.threads) and len(self.replies) >= self.next - SENDERS


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
    load = Load("stopwarm", contoso)
    scene.dns.hang()
    try:
        load.run(seconds)
    finally:
        scene.dns.go_on()
    sent, refused = len(load.replies), [reply for _, reply, _ in load.replies if not reply.accepted]
    title = f"DNS stopped for {seconds:.0f} s, warm cache: {sent} messages at {RATE}/s"
    scene.that(load.answered() and not refused, f"{title}: all accepted, p99 {load.p99():.2f} s, slowest {load.slowest():.2f} s", refused[:3])
    passed = [got for got in arrived("stopwarm", sent + 1, 60) if got.says("spf=pass", "dmarc=pass")]
    scene.that(len(passed) == sent + 1, "and passed, from answers that have not expired", len(passed))
    scene.checks.notes.append(f"{title}: all passed, p99 {load.p99():.2f} s, slowest {load.slowest():.2f} s")


def with_a_cold_cache(scene, seconds):
    """DNS stopped under load, nothing in the cache"""
    load = Load("stopcold", contoso_and_spoofs)
    scene.dns.hang()
    try:
        scene.receiving.restart()
        load.run(seconds)
    finally:
        scene.dns.go_on()
    sent, accepted = len(load.replies), [number for number, reply, _ in load.replies if reply.accepted]
    odd = [reply for _, reply, _ in load.replies if not (reply.accepted or reply.starts("451 4.7"))]
    title = f"DNS stopped for {seconds:.0f} s, cold cache: {sent} messages at {RATE}/s"
    answers = f"{len(accepted)} accepted, {sent - len(accepted)} deferred"
    scene.that(sent and load.answered() and load.slowest() < PATIENT, f"{title}: all answered, {answers}, slowest {load.slowest():.1f} s", load.slowest())
    scene.that(not odd, "none is refused for good", odd[:3])
    found = arrived("stopcold", len(accepted), 60) if accepted else []
    wrong = [got.octets for got in found if not got.says("spf=temperror", "dmarc=temperror")]
    scene.that(not wrong, "what is accepted has spf=temperror, dmarc=temperror; nothing passes", wrong[:1])
    scene.checks.notes.append(f"{title}: {answers}, none refused, none passed, slowest {load.slowest():.1f} s")
    wait_until("a spoof is refused again", lambda: spoof().starts("550 5.7.1"), 20)
    reply = send(message(), "stopafter@tailspin.example", server=RECEIVER, source=SENDER)
    good = reply.accepted and arrived("stopafter")[0].says("spf=pass", "dmarc=pass")
    scene.that(good, "DNS is back: a spoof is refused and honest mail passes", reply)


def spoof():
    octets, mail_from, source = contoso_and_spoofs(1)
    return send(octets, "stopspoof@tailspin.example", mail_from=mail_from, server=RECEIVER, source=source)
