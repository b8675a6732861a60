"""Nothing is lost, doubled or sent unsigned while nodes are killed, restarted and reloaded."""

import re
import threading
import time

from load import Load
from mail import arrived, count_of, message, send
from process import Timeout

JO = "jo@contoso.example"
SENDERS = 8
USER = "loss"


class Mail:
    """What became of each message; whoever is told 4xx tries again, as a mail server does."""

    def __init__(self):
        self.accepted, self.deferred, self.refused = [], 0, []
        self.lock = threading.Lock()

    def deliver(self, number):
        octets = message(subject=f"loss {number}", to=f"{USER}@tailspin.example", message_id=f"loss-{number}@e2e.test")
        while not (reply := send(octets, f"{USER}@tailspin.example", login=JO)).accepted:
            if reply.code >= 500:
                self.refused.append((number, reply))
                return
            with self.lock:
                self.deferred += 1
            time.sleep(0.2)
        self.accepted.append(number)


def trouble(scene, load, every, done):
    """Kills one node after the other, and reloads in between; once in a while an orderly restart."""
    turn = 0
    while load.runs():
        time.sleep(every / 2)
        node = scene.nodes[turn % 2]
        if turn % 5 == 4:
            node.restart()
            done["restarted"] += 1
        else:
            node.kill()
            time.sleep(0.2)
            node.start()
            done["killed"] += 1
        time.sleep(every / 2)
        scene.nodes[(turn + 1) % 2].hang_up()
        done["reloaded"] += 1
        turn += 1


def nothing_lost(scene, count, rate, every):
    """Nothing lost, doubled or unsigned while nodes are killed"""
    mail = Mail()
    load, done = Load(mail.deliver, rate, SENDERS, count), {"killed": 0, "restarted": 0, "reloaded": 0}
    load.run()
    trouble(scene, load, every, done)
    wait_for_all(scene, len(mail.accepted))
    time.sleep(1)
    seconds = time.monotonic() - load.start
    words = ", ".join(f"{number} times {what}" for what, number in done.items())
    title = f"{count} messages at {rate}/s, nodes {words}"
    scene.that(len(mail.accepted) == count and not mail.refused, f"{title}: all accepted, {mail.deferred} answers of 4xx", mail.refused[:3])
    messages = arrived(USER, 0)
    numbers = sorted(int(re.search(r"loss (\d+)", m.fields("Subject")[0])[1]) for m in messages)
    expected = sorted(mail.accepted)
    missing, doubled = set(expected) - set(numbers), len(numbers) - len(set(numbers))
    for number in sorted(missing)[:3]:
        print(*(f"      {line}" for line in course_of(f"<loss-{number}@e2e.test>", scene)), sep="\n")
    scene.that(numbers == expected, "every accepted message arrives exactly once", f"missing: {sorted(missing)[:20]}; {doubled} doubled")
    unsigned = [m.octets for m in messages if m.signed_by() != ["contoso.example"]]
    scene.that(not unsigned, "every one is signed once", unsigned[:1])
    unjudged = [m.octets for m in messages if not m.says("dkim=pass", "dmarc=pass")]
    scene.that(not unjudged, "every one is judged once: dkim=pass, dmarc=pass", unjudged[:1])
    scene.checks.notes.append(f"{title}: {len(numbers)} arrived once, {mail.deferred} deferred, {seconds:.0f} s")


def wait_for_all(scene, count):
    """A queue manager that finds a message "still being delivered" lets it lie for long, which the short times between
    attempts here make likely: so the queues are flushed."""
    for _ in range(100):
        try:
            return arrived(USER, count, 3)
        except Timeout:
            for server in (scene.sender, scene.receiver):
                server.run("postqueue", "-f")
    print(f"      {count_of(USER)} of {count} have arrived; queues: {[p.queue()[:2] for p in (scene.sender, scene.receiver)]}")


def course_of(message_id, scene):
    """What the servers and nodes logged of it."""
    for log in (scene.sender.log, scene.sending.log, scene.receiver.log, scene.receiving.log):
        lines = log.read_text(errors="replace").splitlines()
        if log in (scene.sender.log, scene.receiver.log):
            queue_ids = {re.search(r": ([0-9A-F]+): message-id=", line)[1] for line in lines if f"message-id={message_id}" in line}
        yield from (line for line in lines if any(re.search(rf"\b{queue_id}\b", line) for queue_id in queue_ids))
