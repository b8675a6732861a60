"""Mail that is not from whom it says, and results that are not ours."""

import json

from mail import arrived_one, count_of, message, send
from postfix import OUTSIDER, RECEIVER, SENDER
from process import wait_until


def spoof(domain, user):
    octets = message(author=f"ceo@{domain}", to=f"{user}@tailspin.example")
    return send(octets, f"{user}@tailspin.example", mail_from=f"ceo@{domain}", server=RECEIVER, source=OUTSIDER)


def refused(scene):
    """p=reject is refused"""
    reply = spoof("rejecting.example", "refused")
    scene.that(reply.starts("550 5.7.1"), "a spoof under p=reject: 550 5.7.1", reply)
    good = "rejecting.example" in reply.text and "postmaster@mx.tailspin.example" in reply.text
    scene.that(good, "the refusal names the domain and the contact", reply)
    reply = spoof("sub.rejecting.example", "refused")
    scene.that(reply.starts("550 5.7.1"), "a spoof of a domain below it: 550 5.7.1", reply)
    scene.that(count_of("refused") == 0, "nothing of it arrives")


def held(scene):
    """p=quarantine is held"""
    reply = spoof("setaside.example", "held")
    held = [m for m in scene.receiver.queue() if m["queue_name"] == "hold"]
    scene.that(reply.accepted and len(held) == 1 and count_of("held") == 0, "a spoof under p=quarantine lies in the hold queue", (reply, held))
    for queued in held:
        scene.receiver.run("postsuper", "-H", queued["queue_id"])
    got = arrived_one("held")
    scene.that(got.says("dmarc=fail"), "released, it has dmarc=fail in its results", got.octets)


def delivered(scene):
    """p=none and no policy deliver"""
    reply = spoof("observing.example", "observing")
    got = arrived_one("observing")
    scene.that(reply.accepted and got.says("spf=fail", "dkim=none", "dmarc=fail"), "a spoof under p=none: delivered, dmarc=fail in its results", got.octets)
    spoof("plain.example", "plain")
    got = arrived_one("plain")
    scene.that(got.says("spf=fail", "dmarc=none"), "without a DMARC record: delivered, dmarc=none in its results", got.octets)


def by_settings(scene):
    """The receiver's settings decide finally"""
    node = scene.receiving
    node.must_reload(receive='on_reject = "tag"\nquarantine_by = "header"\non_unreadable_from = "tag"')
    for domain, user, field in [("rejecting.example", "tagged", "tag"), ("setaside.example", "byheader", "quarantine")]:
        reply = spoof(domain, user)
        got = arrived_one(user)
        good = reply.accepted and got.fields("Postseal-Disposition") == [field] and got.says("dmarc=fail")
        scene.that(good, f"setting: a spoof of {domain} is delivered with Postseal-Disposition: {field}", got.octets)
    octets = message(fields=["From: a@observing.example"], author="b@plain.example")
    reply = send(octets, "unreadable@tailspin.example", server=RECEIVER)
    got = arrived_one("unreadable")
    scene.that(got.fields("Postseal-Disposition") == ["tag"], "setting: two From fields, tagged", (reply, got.octets))
    node.must_reload(receive='on_reject = "quarantine"\non_quarantine = "tag"')
    spoof("rejecting.example", "rejectheld")
    held = [m for m in scene.receiver.queue() if m["queue_name"] == "hold"]
    scene.that(len(held) == 1, "setting: a spoof under p=reject is held", scene.receiver.queue())
    scene.receiver.run("postsuper", "-d", "ALL", "hold")
    spoof("setaside.example", "quarantinetagged")
    got = arrived_one("quarantinetagged")
    scene.that(got.fields("Postseal-Disposition") == ["tag"], "setting: a spoof under p=quarantine is tagged", got.octets)
    node.must_reload(receive="observe = true")
    reply = spoof("rejecting.example", "observed")
    got = arrived_one("observed")
    good = reply.accepted and got.says("dmarc=fail") and not got.fields("Postseal-Disposition")
    scene.that(good, "observing: a spoof under p=reject is delivered with its results", got.octets)
    node.must_reload(receive="honour_policy = false")
    reply = spoof("rejecting.example", "nothonoured")
    scene.that(reply.accepted and arrived_one("nothonoured").says("dmarc=fail"), "policies not honoured: delivered with its results", reply)
    node.must_reload(receive='[[receive.allowed]]\nauthor_domain = "rejecting.example"\nclient = "203.0.113.66"')
    reply = spoof("rejecting.example", "allowed")
    scene.that(reply.accepted and arrived_one("allowed").says("dmarc=fail"), "an allowed pair: delivered with its results", reply)
    node.must_reload(receive='[[receive.allowed]]\nauthor_domain = "rejecting.example"\nclient = "203.0.113.66"\nuntil = 2020-01-01')
    reply = spoof("rejecting.example", "expired")
    scene.that(reply.starts("550 5.7.1"), "an allowed pair that has ended: refused", reply)
    node.must_reload()


def unreadable_from(scene):
    """From fields that cannot be read, by default"""
    for what, octets in {
        "two From fields": message(fields=["From: a@plain.example"], author="b@observing.example"),
        "two authors": message(author="a@plain.example, b@observing.example"),
        "no From field": message().replace(b"From: jo@contoso.example\r\n", b"X-From: x\r\n"),
        "a From without a domain": message(author="ceo"),
    }.items():
        reply = send(octets, "nofrom@tailspin.example", mail_from="x@plain.example", server=RECEIVER)
        scene.that(reply.starts("550 5.7.1"), f"{what}: 550 5.7.1", reply)
    scene.that(count_of("nofrom") == 0, "nothing of it arrives")


def forged_results(scene):
    """Authentication-Results that claim our name"""
    for count in (1, 8, 100):
        fields = []
        for n in range(count):
            fields.append(f"Authentication-Results: other{n}.example; dmarc=pass header.from=n{n}.example")
            fields.append(f"{'aUTHENTICATION-results' if n % 2 else 'Authentication-Results'}: {forged(n)}")
        fields.append("Authentication-Results: last.example; spf=pass smtp.mailfrom=last.example")
        octets = message(author="ceo@observing.example", fields=fields)
        send(octets, f"forged{count}@tailspin.example", mail_from="ceo@observing.example", server=RECEIVER)
        got = arrived_one(f"forged{count}")
        left = got.fields("Authentication-Results")
        scene.that(got.says("dmarc=fail"), f"{count} forged Authentication-Results: ours is the only one of our name", left)
        foreign = [value.split(";")[0] for value in left[1:]]
        expected = [f"other{n}.example" for n in range(count)] + ["last.example"]
        scene.that(foreign == expected, f"{count} forged: those of others are left, in order", left)


def forged(n):
    """Ways to write our name."""
    return [
        "mx.tailspin.example; dmarc=pass header.from=observing.example",
        "MX.Tailspin.Example 1; dkim=pass header.d=observing.example",
        '"mx.tailspin.example"; spf=pass',
        "(a comment) mx.tailspin.example\r\n ; dmarc=pass",
        "mx.tailspin.example",
    ][n % 5]


def trusted_relay(scene):
    """Behind a trusted relay the client of its Received field is judged"""
    node = scene.receiving
    node.must_reload(receive='trusted_relays = ["198.51.100.20"]')
    received = "Received: from out ([{}]) by fwd.fabrikam.example with ESMTP id 1; Tue, 24 Nov 2026 07:00:00 +0000"
    for client, user, result in [("203.0.113.66", "relayspoof", "fail"), (SENDER, "relaygood", "pass")]:
        octets = message(fields=[received.format(client)])
        reply = send(octets, f"{user}@tailspin.example", server=RECEIVER, source="198.51.100.20")
        if result == "pass":
            scene.that(reply.accepted and arrived_one(user).says("spf=pass", "dmarc=pass"), "a trusted relay: judged for the client that it shows, spf=pass", reply)
        else:
            scene.that(reply.starts("550 5.7.1"), "a trusted relay: a spoof is refused for the client that it shows", reply)
    node.must_reload()


CASES = [refused, held, delivered, by_settings, unreadable_from, forged_results, trusted_relay]
