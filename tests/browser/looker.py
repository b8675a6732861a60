"""Opens pages, and looks for whatever on them is not text and not ours."""

import re
import urllib.parse

from hostile_fields import FIELDS, KINDS, WANTED, mark
from hostile_strings import LOOK, WATCH
from views import quiet


class Looker:
    """Opens pages as somebody who is logged in, and holds against them whatever is not text."""

    def __init__(self, scene, origin, storage=None, with_form="/settings/allowed"):
        self.scene, self.that, self.where = scene, scene.that, {}
        self.page = scene.views.open(origin, "en", storage=storage)
        self.page.context.add_init_script(WATCH)
        self.faults, self.opened, self.with_form = [], 0, with_form
        self.page.on("dialog", lambda dialog: (self.faults.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: urllib.parse.urlsplit(request.url).path.startswith("/planted")
                     and self.faults.append(f"a request: {request.url}"))

    def on_phone(self, yes):
        """The same pages, as wide as a phone."""
        self.page.set_viewport_size({"width": 390, "height": 844} if yes else {"width": 1280, "height": 900})

    def open(self, what, path, wait=0):
        self.page.goto(path)
        if wait:  # for what the page asks for by itself
            self.page.wait_for_timeout(wait)
            quiet(self.page)
        return self.look(what)

    def look(self, what):
        seen = self.page.evaluate(LOOK)
        self.opened += 1
        self.faults += [f"{what}: {fault}" for fault in seen["found"]]
        if seen["edge"] > 0:
            self.faults.append(f"{what}: {seen['edge']} px over the edge at {self.page.url[:200]}")
        for place, shown in ((what, seen["text"]), (f"field of {what}", seen["typed"])):
            for found in re.findall(r"zq\d\dx\d\d", shown):
                self.where.setdefault(found, set()).add(place)

    def post(self, what, path, fields):
        """A form of a page, sent as the page sends it, with what no field of it would let in."""
        if not self.page.locator("input[name=csrf]").count():
            self.page.goto(self.with_form)
        self.page.evaluate("""([path, fields]) => {
          const form = document.createElement("form");
          form.method = "post"; form.action = path;
          for (const [name, value] of Object.entries(fields)) {
            const field = document.createElement("textarea");
            field.name = name; field.value = value; form.append(field);
          }
          const csrf = document.querySelector("input[name=csrf]").cloneNode();
          form.append(csrf); document.body.append(form);
        }""", [path, fields])
        with self.page.expect_navigation():
            self.page.evaluate("document.body.lastElementChild.submit()")
        return self.look(what)

    def end(self, title):
        self.that(not self.faults, f"{title}: text stays text on {self.opened} pages", "\n      ".join(sorted(set(self.faults))[:25]))
        self.scene.views.close(self.page, title)

    def must_show(self, origin):
        """Each field of the table stands as text on each page that the table names, and on no other."""
        missing, astray = [], []
        for field, (of, places) in FIELDS.items():
            if of != origin or places == "refused":
                continue
            limit, _, named = places.rpartition(": ")
            for kind in WANTED.get(limit, KINDS):
                shown = self.where.get(mark(field, kind), set())
                wanted = set() if named == "nowhere" else set(named.split(", "))
                missing += [f"{field}, {kind}: not on {place}" for place in wanted - shown]
                if places == "nowhere" and shown:
                    astray.append(f"{field}, {kind}: on {shown}")
        self.that(not missing, f"{origin}: each string can be read where its field is shown", "\n      ".join(missing[:60]))
        self.that(not astray, f"{origin}: what is not kept is shown nowhere", astray[:20])
