"""What happens to a node, and what it must not do to the mail."""

import itertools
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from load import Load
from mail import arrived, arrived_one, count_of, message, send
from postfix import RECEIVER, SENDER
from process import PATIENCE, wait_until

JO = "jo@contoso.example"


def disconnects(scene):
    """A client that goes away, anywhere"""
    header, body = message(to="gone@tailspin.example").split(b"\r\n\r\n", 1)
    middle = len(header) // 2
    said = [
        (b"", True), (b"EHLO client.e2e.test\r\n", True), (b"MAIL FROM:<jo@contoso.example>\r\n", True),
        (b"RCPT TO:<gone@tailspin.example>\r\n", True), (b"RCPT TO:<gone2@tailspin.example>\r\n", True), (b"DATA\r\n", True),
        (header[:middle], False), (header[middle:] + b"\r\n", False), (b"\r\n", False), (b"x" * 70_000 + b"\r\n", False), (b"more", False),
    ]
    for end in range(1, len(said) + 1):
        for how in ("FIN", "RST", "QUIT", "half a command"):
            talk_and_leave(said[:end], how)
    for name, node in (("the receiving", scene.receiving), ("the sending", scene.sending)):
        scene.that(node.process.runs(), f"{name} node still runs after {4 * len(said)} clients that went away", node.log.read_text()[-2000:])
    reply = send(message(), "aftergone@tailspin.example", login=JO)
    good = reply.accepted and arrived_one("aftergone").says("dkim=pass", "dmarc=pass")
    scene.that(good and count_of("gone") == 0, "and serves: signed and passed; nothing of the others arrived", (reply, count_of("gone")))


def talk_and_leave(said, how):
    with socket.create_connection((RECEIVER, 25), timeout=PATIENCE, source_address=(SENDER, 0)) as link:
        link.recv(1000)
        for octets, has_reply in said:
            if octets:
                link.sendall(octets)
                if has_reply:
                    link.recv(4000)
        if how == "RST":
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif how == "QUIT":
            link.sendall(b"QUIT\r\n")
        elif how == "half a command":
            link.sendall(b"MAI")


class Traffic:
    """Mail at a steady rate, beside what a case does."""

    def __init__(self, user, **how):
        self.user, self.how, self.replies, self.slowest = user, how, [], 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.go, daemon=True)

    def go(self):
        while not self.ended.wait(0.02):
            start = time.monotonic()
            self.replies.append(send(message(), f"{self.user}@tailspin.example", **self.how))
            self.slowest = max(self.slowest, time.monotonic() - start)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join(2 * PATIENCE)

    def refused(self):
        return [reply for reply in self.replies if not reply.accepted]


def reload_under_traffic(scene):
    """Reload: a bad file changes nothing, a good one takes effect, no session notices"""
    node = scene.sending
    good = node.config.read_text()
    with Traffic("reloaded", login=JO) as traffic:
        for bad in (good + "\nnonsense = 1\n", good.replace("authserv_id", "authserv-id"), "[[[", good.replace("s1", "s 1")):
            node.config.write_text(bad)
            status, said = node.reload()
            scene.that(status != 0 and "postseal.toml" in said, "a bad file: `postseal reload` fails and names the file", (status, said))
        for n in itertools.takewhile(lambda n: n < 20 or len(traffic.replies) <= 20, itertools.count()):
            node.configure(sign='canonicalization = "simple/simple"' if n % 2 else "")
            status, said = node.reload()
            if status:
                scene.that(False, "a good file is taken", (status, said))
            time.sleep(0.1)
            node.hang_up()
            time.sleep(0.1)
        node.must_reload(sign='canonicalization = "simple/simple"')
        reply = send(message(to="simple@tailspin.example"), "simple@tailspin.example", login=JO)
        got = arrived_one("simple")
        scene.that("c=simple/simple" in " ".join(got.fields("DKIM-Signature")), "a good file takes effect: c=simple/simple", (reply, got.octets))
        scene.that(got.says("dkim=pass", "dmarc=pass"), "simple/simple survives Postfix's milter protocol", got.octets)
        node.must_reload()
    sent = len(traffic.replies)
    scene.that(sent > 20 and not traffic.refused(), f"{sent} messages during {5 + 2 * (n + 1)} reloads: none refused", traffic.refused()[:3])
    got = arrived("reloaded", sent)
    passed = [m for m in got if m.says("dkim=pass", "dmarc=pass") and len(m.signed_by()) == 1]
    scene.that(len(passed) == len(got) == sent, "all of them signed once and passed", (sent, len(got), len(passed)))


def upgrades_under_traffic(scene):
    """Five upgrades of each node: no message is deferred, none is unsigned"""
    replies, user, rate, count = [], "upgraded", 200, 2400

    def deliver(number):
        octets = message(subject=f"upgrade {number}", message_id=f"upgrade-{number}@e2e.test")
        replies.append(send(octets, f"{user}@tailspin.example", login=JO))

    logs = [server.log for server in (scene.sender, scene.receiver)]
    begun = [len(log.read_text(errors="replace")) for log in logs]
    load, old = Load(deliver, rate, 16, count), []
    load.run()
    for _ in range(5):
        time.sleep(1)
        old += [node.take_over() for node in (scene.sending, scene.receiving)]
    wait_until("all are sent", lambda: not load.runs(), 300)
    seconds = time.monotonic() - load.start
    refused = [reply for reply in replies if not reply.accepted]
    title = f"{count} messages in {seconds:.0f} s during 10 upgrades"
    scene.that(len(replies) == count and not refused, f"{title}: all accepted", refused[:3])
    got = arrived(user, count, 300)
    numbers = {m.fields("Subject")[0] for m in got}
    scene.that(len(got) == len(numbers) == count, "each arrives once", (len(got), len(numbers)))
    passed = [m for m in got if m.says("dkim=pass", "dmarc=pass") and m.signed_by() == ["contoso.example"]]
    scene.that(len(passed) == count, "each is signed once and passed", len(passed))
    lines = [line for log, at in zip(logs, begun) for line in log.read_text(errors="replace")[at:].splitlines()]
    bad = [line for line in lines if "milter" in line and ("warning" in line or "4.7.1" in line) or "status=deferred" in line]
    scene.that(not bad, "Postfix's logs have no failure of a milter and no deferred message", bad[:5])
    wait_until("the old processes end when their sessions have", lambda: not any(process.runs() for process in old), 330)
    scene.that(all(process.process.returncode == 0 for process in old), "the old processes end by themselves, with status 0")


def drains(scene):
    """SIGTERM finishes the messages under way"""
    node = scene.receiving
    links = [Half(f"drained{n}") for n in range(5)]
    ended = []
    thread = threading.Thread(target=lambda: ended.append(node.process.terminate()))
    thread.start()
    time.sleep(0.5)
    replies = [link.finish() for link in links]
    thread.join(PATIENCE)
    scene.that(all(reply.startswith("250") for reply in replies), "5 messages under way at SIGTERM: accepted", replies)
    passed = [arrived_one(f"drained{n}").says("spf=pass", "dmarc=pass") for n in range(5)]
    scene.that(all(passed), "and judged", passed)
    scene.that(bool(ended) and ended[0][1] == 0 and ended[0][0] < 12, "the node ends by itself, with status 0, within 12 s", ended)
    with Half("afterstop") as link:
        reply = link.finish()
    scene.that(reply.startswith("4"), "while the node is down: 4xx", reply)
    node.start()


class Half:
    """A message of which half has been sent."""

    def __init__(self, user):
        self.link = socket.create_connection((RECEIVER, 25), timeout=PATIENCE, source_address=(SENDER, 0))
        self.file = self.link.makefile("rb")
        self.reply()
        header, self.rest = message(to=f"{user}@tailspin.example", body=b"x\r\n" * 5000).split(b"\r\n\r\n", 1)
        self.refused = None
        for line in ("EHLO client.e2e.test", "MAIL FROM:<jo@contoso.example>", f"RCPT TO:<{user}@tailspin.example>", "DATA"):
            self.link.sendall(line.encode() + b"\r\n")
            reply = self.reply()
            if reply[0] in "45":
                self.refused = reply
                return
        self.link.sendall(header + b"\r\n\r\n" + self.rest[:6000])

    def finish(self):
        if self.refused:
            return self.refused
        self.link.sendall(self.rest[6000:] + b".\r\n")
        return self.reply()

    def reply(self):
        while True:
            line = self.file.readline().decode()
            if line[3:4] != "-":
                return line.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.link.close()


def without_dns(scene):
    """The resolver is dead: nothing is refused for good, nothing passes that is not known"""
    send(message(), "warm@tailspin.example", server=RECEIVER, source=SENDER)
    send(message(author="ceo@cold6.example"), "warm@tailspin.example", mail_from="x@plain.example", server=RECEIVER)
    arrived_one("warm")
    scene.dns.stop_resolver()
    try:
        with Traffic("warmed", server=RECEIVER, source=SENDER) as traffic, ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(cold_spoof, (0, 1, 2, 3, 6)))
    finally:
        scene.dns.start_resolver()
    unknown, known = replies[:4], replies[4]
    scene.that(all(reply.accepted for reply in unknown), "no policy is known: the spoofs are accepted, not refused", unknown)
    results = [arrived_one(f"cold{n}") for n in range(4)]
    good = [got for got in results if got.says("spf=temperror", "dmarc=temperror")]
    scene.that(len(good) == 4, "and have spf=temperror, dmarc=temperror", results[0].octets)
    scene.that(known.starts("451 4.7.1"), "p=reject is known and SPF is not: 451 4.7.1", known)
    sent = len(traffic.replies)
    title = f"{sent} messages from a domain in the cache, the slowest in {traffic.slowest:.1f} s"
    scene.that(sent and not traffic.refused(), f"{title}: all accepted", traffic.refused()[:2])
    passed = [got for got in arrived("warmed", sent) if got.says("spf=pass", "dmarc=pass")]
    scene.that(len(passed) == sent, "and passed", len(passed))
    wait_until("spoofs are refused again", lambda: cold_spoof(5).starts("550 5.7.1"))
    scene.that(True, "the resolver is back: a spoof is refused again")


def cold_spoof(n):
    domain = f"cold{n}.example"
    return send(message(author=f"ceo@{domain}"), f"cold{n}@tailspin.example", mail_from=f"ceo@{domain}", server=RECEIVER)


def hostile_among_good(scene):
    """A few hostile messages among 1 000 good ones"""
    hostile = [
        message(author="a" * 30_000 + "@observing.example"),
        message(author="(" * 5000 + "a@observing.example"),
        message(fields=[f"DKIM-Signature: v=1; a=rsa-sha256; d=d{n}.example; s=s; h=from:{':x' * 2000}; bh=AAAA; b=AAAA" for n in range(20)]),
        message(fields=[f"Authentication-Results: mx.tailspin.example; {'dkim=pass ' * 100}" for _ in range(100)]),
        message(fields=[f"ARC-Seal: i={n}; a=rsa-sha256; cv=none; d=x.example; s=s; b=A" for n in range(60)], body=b"\0\xff" * 30_000 + b"\r\n"),
    ]
    answers = []

    def attack():
        for octets in hostile:
            answers.append(send(octets, "hostile@tailspin.example", mail_from="x@observing.example", server=RECEIVER))

    attacker = threading.Thread(target=attack)
    replies = [[] for _ in range(4)]

    def good_mail(mine):
        for _ in range(250):
            start = time.monotonic()
            reply = send(message(), "amid@tailspin.example", server=RECEIVER, source=SENDER)
            mine.append((reply, time.monotonic() - start))

    threads = [threading.Thread(target=good_mail, args=(mine,)) for mine in replies]
    for thread in (*threads, attacker):
        thread.start()
    for thread in (*threads, attacker):
        thread.join(300)
    together = [one for mine in replies for one in mine]
    seconds = sorted(seconds for _, seconds in together)
    p99, slowest = seconds[-10], seconds[-1]
    good = [reply for reply, _ in together if reply.accepted]
    title = f"1 000 good messages among hostile ones: all accepted, p99 {p99:.2f} s, slowest {slowest:.2f} s"
    scene.that(len(good) == 1000, title, together[:3])
    scene.that(len(answers) == len(hostile), f"all {len(hostile)} hostile ones are answered: {[a.code for a in answers]}", answers)
    passed = [m for m in arrived("amid", 1000, 300) if m.says("dmarc=pass")]
    scene.that(len(passed) == 1000, "all good ones arrive with dmarc=pass", len(passed))
    faults = scene.receiving.metric("postseal_internal_errors_total") + scene.receiving.metric("postseal_panics_total")
    scene.that(faults == 0 and scene.receiving.process.runs(), "no internal error was counted", faults)


def log_lines(scene):
    """One log line for each message"""
    lines = [line for line in scene.receiving.lines() if line.get("event") == "message"]
    without = [line for line in lines if not line.get("queue_id") or "decided_ms" not in line]
    scene.that(lines and not without, f"{len(lines)} messages in the log, each with queue id and timing", without[:2])
    odd = [line for line in scene.receiving.lines() if line.get("event") == "not JSON"]
    scene.that(not odd, "every line of the log is JSON", odd[:3])


CASES = [disconnects, reload_under_traffic, upgrades_under_traffic, hostile_among_good, without_dns, drains, log_lines]
