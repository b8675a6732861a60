"""Tables and bars."""


class Report:
    def __init__(self, absolute):
        self.absolute = absolute
        self.missed = []
        self.wrong = []

    def section(self, title, columns):
        print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)

    def row(self, *cells):
        print(f"| {' | '.join(str(cell) for cell in cells)} |", flush=True)

    def bar(self, what, value, most=None, least=None):
        """One bar that holds everywhere."""
        is_met = (most is None or value <= most) and (least is None or value >= least)
        bound = f"at most {most}" if least is None else f"at least {least}"
        print(f"\n- {what}: {value:.3g}, bar {bound}: {'met' if is_met else '**not met**'}", flush=True)
        if not is_met:
            self.missed.append(what)

    def either(self, what, value, absolute, ratio, most_ratio, peer):
        """The absolute bar, or elsewhere the ratio to a peer in the same run. Both are said, one counts."""
        print(f"\n- {what}: {value:.3g} (bar of the first machine: {absolute}), {ratio:.3g} x {peer} (bar {most_ratio})", end="")
        is_met = value <= absolute if self.absolute else ratio <= most_ratio
        print(f": {'met' if is_met else '**not met**'}", flush=True)
        if not is_met:
            self.missed.append(what)

    def check(self, where, said):
        """Every result must have been right."""
        if said["wrong"] or said["broken"]:
            self.wrong.append(f"{where}: {said['wrong']} wrong, {said['broken']} broken; {said['first_wrong']}")

    def end(self):
        for line in self.wrong:
            print(f"\nwrong results: {line}")
        print(f"\nbars not met: {', '.join(self.missed) or 'none'}; wrong results: {'some' if self.wrong else 'none'}")
        return 1 if self.missed or self.wrong else 0
