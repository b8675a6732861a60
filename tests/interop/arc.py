"""Chains of one to three ARC Sets, sealed by us, by the peers, and by both in turn."""

from itertools import product

from alterations import ALTERATIONS
from messages import join, split

LONGEST = 3


def compare(ours, peers, messages, tally):
    sealers = [ours, *peers]
    for length in range(1, LONGEST + 1):
        some = messages[::length]  # the longer the chain, the more orders there are
        for order in product(sealers, repeat=length):
            if mixed_without_us(order, ours):
                continue
            by = " then ".join(sealer.name for sealer in order)
            chains = seal(order, [m.octets for m in some])
            accepted(chains, some, by, ours, peers, tally)
            refused(chains, some, by, ours, peers, tally)


def mixed_without_us(order, ours):
    """Chains of several peers only say how they agree with each other."""
    return ours not in order and len(set(order)) > 1


def seal(order, messages):
    """Each sealer adds, as a receiver would, an Authentication-Results field with the state of the chain, then seals."""
    for number, sealer in enumerate(order):
        state = b"none" if number == 0 else b"pass"
        receiver = f"mx{number}.tailspin.example"
        field = b"Authentication-Results: %s; arc=%s; spf=pass smtp.mailfrom=contoso.example" % (receiver.encode(), state)
        judged = []
        for octets in messages:
            fields, body = split(octets)
            judged.append(join([field, *fields], body))
        messages = sealer.seal(judged, receiver)
    return messages


def accepted(chains, messages, by, ours, peers, tally):
    judgements = judge(chains, ours, peers)
    for name in judgements:
        line = tally.line(f"ARC sealed by {by}, {name} accepts")
        for at, message in enumerate(messages):
            said = {party: words[at].reason for party, words in judgements.items()}
            line.check(judgements[name][at].passed, message.name, chains[at], said)


def refused(chains, messages, by, ours, peers, tally):
    line = tally.line(f"ARC sealed by {by}, one octet is altered, nobody accepts")
    kinds = list(ALTERATIONS.items())
    altered = []
    for at, octets in enumerate(chains):
        what, alter = kinds[at % len(kinds)]
        altered.append((what, alter(octets)))
    judgements = judge([octets for _, octets in altered], ours, peers)
    for at, (message, (what, octets)) in enumerate(zip(messages, altered)):
        accepting = [name for name, words in judgements.items() if words[at].passed]
        said = {party: words[at].reason for party, words in judgements.items()}
        line.check(not accepting, f"{message.name}, {what}: accepted by {accepting}", octets, said)


def judge(chains, ours, peers):
    judgements = {peer.name: peer.verify_arc(chains) for peer in peers}
    judgements[ours.name] = ours.verify_arc(chains)
    return judgements
