"""Who may sign as whom, and that nothing leaves unsigned that must be signed."""

import os

from mail import arrived, arrived_one, count_of, message, send
from node import SOURCES, signing_tables
from postfix import APPLICATION, OUTSIDER
from process import PATIENCE

JO, BO = "jo@contoso.example", "bo@wingtip.example"


def foreign_author(scene):
    """A user of B with a From of A"""
    scene.receiving.must_reload(receive='on_reject = "tag"\non_unreadable_from = "tag"')
    reply = send(message(author=JO), "foreign@tailspin.example", mail_from=BO, login=BO)
    got = arrived_one("foreign")
    scene.that(reply.accepted and got.signed_by() == [], "a user of wingtip.example with a From of contoso.example: no signature", got.octets)
    reply = send(message(author=BO), "own@tailspin.example", mail_from=BO, login=BO)
    got = arrived_one("own")
    scene.that(got.signed_by() == ["wingtip.example"], "the same user with the own domain: signed", got.octets)
    for name, author in {"two From addresses": f"{BO}, {JO}", "two From addresses of one domain": f"{BO}, al@wingtip.example"}.items():
        send(message(author=author), f"two{len(author)}@tailspin.example", mail_from=BO, login=BO)
        got = arrived_one(f"two{len(author)}")
        scene.that(got.signed_by() == [], f"{name}: no signature", got.octets)
    send(message(author="bo@sub.wingtip.example"), "below@tailspin.example", mail_from=BO, login=BO)
    scene.that(arrived_one("below").signed_by() == [], "a domain below, without subdomains = true: no signature")
    scene.sending.must_reload(sign='on_foreign_author = "refuse"')
    reply = send(message(author=JO), "foreignrefused@tailspin.example", mail_from=BO, login=BO)
    scene.that(reply.starts("550 5.7.1"), "on_foreign_author = refuse: 550 5.7.1", reply)
    scene.that(count_of("foreignrefused") == 0, "nothing of it arrives")
    scene.sending.must_reload()
    scene.receiving.must_reload()


def outsider(scene):
    """An outsider with a From of ours is never signed"""
    scene.sending.must_reload(receive='on_reject = "tag"')
    reply = send(message(author=JO), "outsider@inbound.example", mail_from=JO, source=OUTSIDER)
    scene.receiving.must_reload(receive='on_reject = "tag"')
    got = arrived_one("outsider")
    scene.that(reply.accepted and got.signed_by() == [], "an outsider with a From of contoso.example: no signature", (reply, got.octets))
    scene.that(got.says("dmarc=fail", authserv_id="mail.contoso.example"), "and judged: dmarc=fail", got.octets)
    scene.sending.must_reload()
    scene.receiving.must_reload()
    reply = send(message(author=JO), "outsider@inbound.example", mail_from=JO, source=OUTSIDER)
    scene.that(reply.starts("550 5.7.1"), "by default the outsider is refused", reply)


def network_source(scene):
    """An application server signs by its address"""
    send(message(author=BO), "network@tailspin.example", mail_from=BO, source=APPLICATION)
    got = arrived_one("network")
    scene.that(got.signed_by() == ["wingtip.example"] and got.says("dmarc=pass"), "a network source: signed and passed", got.octets)


def by_bo(user="nokey"):
    return send(message(author=BO), f"{user}@tailspin.example", mail_from=BO, login=BO)


def missing_key(scene):
    """No key of a domains file: 451 for that domain, never unsigned; the others go on"""
    node, key = scene.sending, scene.keys["wingtip.example"]
    away = key.with_suffix(".away")
    domains = node.folder / "domains"
    domains.write_text(f"wingtip.example s1 {key}\n")
    others = {domain: path for domain, path in scene.keys.items() if path != key}
    tables = signing_tables(others) + SOURCES
    os.rename(key, away)
    try:
        node.process.terminate()
        node.configure(sign=f'domains_file = "{domains}"', tail=tables)
        node.start()
        reply = by_bo()
        scene.that(reply.starts("451 4.7.5"), "the key file is away: 451 4.7.5 for its domain", reply)
        reply = send(message(), "otherkey@tailspin.example", login=JO)
        scene.that(reply.accepted and arrived_one("otherkey").signed_by() == ["contoso.example"], "other domains sign meanwhile", reply)
        os.rename(away, key)
        os.chmod(key, 0o666)
        reply = by_bo()
        scene.that(reply.starts("451 4.7.5"), "a key file that all can write: 451 4.7.5", reply)
    finally:
        if away.exists():
            os.rename(away, key)
        os.chmod(key, 0o600)
    reply = by_bo()
    good = reply.accepted and [m.signed_by() for m in arrived("nokey")] == [["wingtip.example"]]
    scene.that(good, "the key file is back: signed again, without a reload", reply)
    node.must_reload()


def missing_named_key(scene):
    """No key of [[sign.domain]]: not taken by a reload, no start; never unsigned"""
    node, key = scene.sending, scene.keys["wingtip.example"]
    away = key.with_suffix(".away")
    by_bo("oldkey")  # keys are read when they are first used
    os.rename(key, away)
    try:
        status, said = node.reload()
        scene.that(status != 0 and str(key) in said, "a named key file is away: the reload fails and names it", (status, said))
        reply = by_bo("oldkey")
        good = reply.accepted and [m.signed_by() for m in arrived("oldkey", 2)] == [["wingtip.example"]] * 2
        scene.that(good, "the settings before it sign on", reply)
        node.process.terminate()
        node.process.start()
        status = node.process.process.wait(timeout=PATIENCE)
        reply = by_bo("oldkey")
        scene.that(status != 0 and 400 <= reply.code < 500, "a restart fails and mail waits: 4xx", (status, reply))
    finally:
        os.rename(away, key)
        if not node.process.runs():
            node.start()
    scene.that(by_bo("newkey").accepted and arrived_one("newkey").signed_by() == ["wingtip.example"], "the key file is back: signed")


CASES = [foreign_author, outsider, network_source, missing_key, missing_named_key]
