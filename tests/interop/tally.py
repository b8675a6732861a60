"""One line for each comparison, and the whole story of the first disagreements."""

SHOWN = 6  # disagreements shown in full; more of the same kind teach nothing
OCTETS = 3000  # of a message shown


class Tally:
    def __init__(self):
        self.lines, self.notes = [], []

    def line(self, title):
        for line in self.lines:
            if line.title == title:
                return line
        self.lines.append(Line(title))
        return self.lines[-1]

    def note(self, text):
        self.notes.append(text)

    def close(self):
        """Prints everything; the exit status."""
        shown = 0
        for line in self.lines:
            for case in line.failures[: max(0, SHOWN - shown)]:
                show(line.title, *case)
                shown += 1
        for text in self.notes:
            print(f"note: {text}")
        for line in self.lines:
            print(f"{line.title}: {line.passed} passed, {len(line.failures)} failed")
        empty = [line.title for line in self.lines if not line.passed and not line.failures]
        for title in empty:
            print(f"nothing was compared: {title}")
        return 1 if empty or any(line.failures for line in self.lines) else 0


class Line:
    def __init__(self, title):
        self.title, self.passed, self.failures = title, 0, []

    def check(self, good, what, octets, said):
        if good:
            self.passed += 1
        else:
            self.failures.append((what, octets, said))


def show(title, what, octets, said):
    print(f"--- disagreement: {title}: {what}")
    for name, words in said.items():
        print(f"    {name}: {words}")
    print("    the message:")
    for line in octets[:OCTETS].split(b"\n"):
        print(f"    | {line!r}")
    if len(octets) > OCTETS:
        print(f"    | and {len(octets) - OCTETS} octets more")
