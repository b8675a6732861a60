"""The lines that docs/ tells people to add, taken from there: what is tried is what is told."""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def blocks(name):
    """The indented blocks of a document, without the indentation."""
    text = (ROOT / "docs" / name).read_text()
    return [textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)]


def first_block(name, word):
    for block in blocks(name):
        if word in block:
            return block
    raise LookupError(f"docs/{name} has no block with {word}")


def postfix_lines(port):
    """What docs/postfix.md adds to main.cf, for a node on this port."""
    others = ("milter_default_action", "internal_mail_filter_classes")
    return at_port(first_block("postfix.md", "smtpd_milters"), port) + "".join(first_block("postfix.md", word) for word in others)


def sendmail_lines(port):
    """What docs/sendmail.md adds to sendmail.mc, for a node on this port."""
    return at_port(first_block("sendmail.md", "INPUT_MAIL_FILTER"), port)


def at_port(block, port):
    changed = re.sub(r"inet:127\.0\.0\.1:\d+", f"inet:127.0.0.1:{port}", block)
    changed = re.sub(r"inet:\d+@127\.0\.0\.1", f"inet:{port}@127.0.0.1", changed)
    if str(port) not in changed:
        raise LookupError(f"no TCP address in the documented lines:\n{block}")
    return changed
