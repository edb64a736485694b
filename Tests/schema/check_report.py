#!/usr/bin/env python3
"""Checks a report that `ipcbench report` wrote, with the python that has vl-convert.

Every specification compiles as Vega-Lite without a warning, every picture is one, and the page is
well-formed, holds every chart as an image, names nothing that a browser would load, and has a policy that
lets its own scripts run and no others.

Usage: check_report.py FOLDER
"""

import base64
import contextlib
import hashlib
import os
import re
import sys
import tempfile
import xml.etree.ElementTree
from html.parser import HTMLParser
from pathlib import Path

import vl_convert

VOID = {"meta", "br", "link", "img", "hr", "input"}
LOADING = {"src", "href", "action", "data", "poster", "srcset", "xlink:href"}


class Page(HTMLParser):
    """The figures of a page, and what is wrong with it."""

    def __init__(self):
        super().__init__()
        self.open, self.figures, self.wrong = [], set(), []
        self.policy, self.scripts, self.pictures = "", [], 0

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attributes)
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        if tag == "script" and "type" not in given:
            self.scripts.append("")
        self.is_script = tag == "script" and "type" not in given
        if tag == "img":
            self.pictures += 1
            head, _, code = given["src"].partition(",")
            if head != "data:image/svg+xml;base64":
                self.wrong.append(f"a picture is {head}")
            xml.etree.ElementTree.fromstring(base64.b64decode(code, validate=True))
        for name, value in attributes:
            if name.startswith("on"):
                self.wrong.append(f"{tag} has {name}")
            if name in LOADING and re.match(r"\s*([a-z]+:)?//", value or "", re.IGNORECASE):
                self.wrong.append(f"{tag} loads {value}")
            if tag == "figure" and name == "id":
                self.figures.add(value.removeprefix("chart-"))

    def handle_data(self, data):
        if self.open and self.open[-1] == "script" and self.is_script:
            self.scripts[-1] += data

    def sources(self, kind):
        """What the policy says of scripts, for example."""
        for rule in self.policy.split(";"):
            words = rule.split()
            if words[:1] == [kind]:
                return words[1:]
        return None

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> ends nothing, in line {self.getpos()[0]}")


@contextlib.contextmanager
def standard_error():
    """Catches what the renderer's engine writes there, which is no Python of ours."""
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        said = []
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            said += file.read().decode(errors="replace").splitlines()


def complaints(folder):
    charts = sorted((folder / "charts").glob("*.vl.json"))
    if not charts:
        yield "no charts"
    version = max(
        (v for v in vl_convert.get_vegalite_versions() if v.startswith("5.")),
        key=lambda v: [int(n) for n in v.split(".")])
    names = {chart.name.removesuffix(".vl.json") for chart in charts}
    for chart in charts:
        with standard_error() as said:
            vl_convert.vegalite_to_vega(
                chart.read_text("utf-8"), vl_version=version, show_warnings=True)
        yield from (f"{chart.name}: {line}" for line in said)
    for name in sorted(names):
        xml.etree.ElementTree.parse(folder / "charts" / f"{name}.svg")
        if not (folder / "charts" / f"{name}.png").read_bytes().startswith(b"\x89PNG"):
            yield f"{name}.png: no PNG"
    page = Page()
    page.feed((folder / "report.html").read_text("utf-8"))
    yield from page.wrong
    if page.open:
        yield f"left open: {page.open}"
    if page.pictures != len(names):
        yield f"{page.pictures} pictures of {len(names)} charts"
    hashes = sorted("'sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() + "'"
                    for s in page.scripts)
    if sorted(page.sources("script-src") or []) != hashes or not hashes:
        yield f"scripts {hashes}, but the policy has {page.sources('script-src')}"
    if page.sources("default-src") != ["'none'"] or page.sources("img-src") != ["data:"]:
        yield f"the policy lets something be loaded: {page.policy}"
    if page.figures != names:
        yield f"figures {sorted(page.figures)}, but charts {sorted(names)}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    found = list(complaints(Path(sys.argv[1])))
    for complaint in found:
        print(complaint, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
