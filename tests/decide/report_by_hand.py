"""A report in a browser, used with mouse and keys: report_by_hand.py FOLDER BROWSER, where FOLDER holds report.html.

What the page counts is compared with counts made here from the scores that stand in it."""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from chromium import Chromium

path = pathlib.Path(sys.argv[1]) / "report.html"
text = path.read_text()
data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S).group(1))


def counts(column, threshold):
    values = next(each["values"] for each in data["columns"] if each["name"] == column)
    pairs = [(row[1], value > threshold) for row, value in zip(data["rows"], values) if row[2] == "test"]
    return [pairs.count(each) for each in
            (("anomalous", True), ("anomalous", False), ("normal", True), ("normal", False))]


def shown(page):
    return page.value("[...document.querySelectorAll('.confusion td b')].map(each => Number(each.textContent))")


def check(condition, words):
    if not condition:
        sys.exit(words)


with Chromium(sys.argv[2], width=1200, height=900) as page:
    page.open(path)
    page.settle()
    judged = data["judgements"][0]
    column = judged["column"]
    check(shown(page) == counts(column, judged["threshold"]), f"at first {shown(page)}, not {counts(column, judged['threshold'])}")

    # The page's own interval is that of the stage that judged.
    for figure in judged["figures"]:
        if figure["name"] == "recall":
            low, high = figure["interval"]
            wanted = f"{low:.3f} to {high:.3f}"
            found = page.value("document.querySelector('.reading dd span').textContent")
            check(found == wanted, f"the interval of recall is {wanted}, and the page says {found}")

    # The mouse drags the handle.
    page.value("document.querySelector('.handle').scrollIntoView({block: 'center'})")
    page.settle()
    place = json.loads(page.value("JSON.stringify(document.querySelector('.handle i').getBoundingClientRect())"))
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    seen = set()
    page.mouse("mousePressed", x, y)
    for step in (-30, -60, -90, 15, 60):
        page.mouse("mouseMoved", x + step, y)
        page.settle()
        threshold = page.value("view.threshold")
        seen.add(threshold)
        check(shown(page) == counts(column, threshold), f"at {threshold} {shown(page)}, not {counts(column, threshold)}")
        told = page.value("document.querySelector('.handle').getAttribute('aria-valuetext')")
        check(f"{counts(column, threshold)[1]} missed" in told, told)
        toml = page.value("document.querySelector('.recipe code').textContent")
        check(repr(threshold) in toml or str(threshold) in toml, f"{threshold} is not in {toml}")
    page.mouse("mouseReleased", x + 60, y)
    check(len(seen) == 5, f"five places, and {len(seen)} thresholds")

    # The gallery follows.
    page.value("[...document.querySelectorAll('.filters button')].find(each => each.textContent.includes('missed')).click()")
    missed = counts(column, page.value("view.threshold"))[1]
    cards = page.value("document.querySelectorAll('#images .case').length")
    check(min(missed, 24) <= cards <= missed, f"{missed} are missed, and {cards} are shown")
    page.settle()
    painted = page.value("[...document.querySelectorAll('.picture canvas')].slice(0, 2).every(each => each.width > 20 && "
                         "each.getContext('2d').getImageData(0, 0, each.width, each.height).data.some((v, i) => i % 4 < 3 && v > 0))")
    check(painted, "the map or the overlay is not painted")

    # The keyboard alone: Tab reaches everything that can be used, of radio buttons one of their group.
    page.value("document.querySelectorAll('details').forEach(each => each.open = true); document.activeElement.blur(); scrollTo(0, 0)")
    page.settle()
    page.value("""var wanted = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")].filter(each =>
        each.checkVisibility() && !each.disabled && (each.type !== "radio" || each.checked)); var reached = new Set();""")
    many = page.value("wanted.length")
    for _ in range(many + 40):
        page.key("Tab")
        page.value("reached.add(document.activeElement) && 0")
    left = page.value("wanted.filter(each => each.isConnected && each.checkVisibility() && !reached.has(each)).map(each => each.outerHTML.slice(0, 120)).join('\\n')")
    check(left == "", f"Tab doesn't reach\n{left}")

    # Slowly, as a person does: images are added while their names have the focus, which must never be lost. Tab leaves
    # the gallery behind its last image, and the link before it at once.
    page.value("document.querySelector('.filters button').click(); scrollTo(0, 0); document.querySelector('#images button.name').focus()")
    where = ("(each => each === document.body ? 'nowhere' : each.closest('#images') ? 'in' : 'out')(document.activeElement)")
    for pressed in range(len(data["rows"]) + 40):
        page.key("Tab")
        page.value("new Promise(done => setTimeout(done, 60))")
        place = page.value(where)
        check(place != "nowhere", f"the focus is lost after {pressed + 1} times Tab")
        if place == "out":
            break
    check(place == "out", f"after {pressed + 1} times Tab the focus is still among the images")
    check(pressed > 24, f"only {pressed} times Tab through all images")
    page.value("document.querySelector('.skip').focus()")
    page.key("Enter")
    page.settle()
    page.key("Tab")
    check(page.value(where) == "out", f"behind the link that skips the images the focus is {page.value(where)}")

    # What can't be a threshold is said to be wrong, and leaves the one there is; the slider stays within its range.
    page.value("var field = document.querySelector('#value'); field.focus(); field.value = ''; field.dispatchEvent(new Event('input'))")
    check(page.value("field.getAttribute('aria-invalid')") == "true", "an empty threshold isn't marked")
    page.value("field.value = '1e9'; field.dispatchEvent(new Event('input'))")
    check(page.value("field.getAttribute('aria-invalid')") == "false", "a good threshold is marked")
    now, least, most = (page.value(f"Number(document.querySelector('.handle').getAttribute('aria-value{each}'))") for each in ("now", "min", "max"))
    check(page.value("view.threshold") == 1e9 and least <= now <= most, f"the slider is at {now} of {least} to {most}")
    page.value("field.blur(); move_threshold(1 / 3, true)")
    check(page.value("field.scrollWidth <= field.clientWidth"), "the field is too narrow for its threshold")

    page.value("document.querySelector('.handle').focus()")
    before = page.value("view.threshold")
    for key in ("ArrowLeft", "PageDown", "End", "Home"):
        page.key(key)
        page.settle()
        after = page.value("view.threshold")
        check(after != before and shown(page) == counts(column, after), f"{key}: {before}, then {after} with {shown(page)}")
        before = after

    # An image, large: Enter opens it, the arrow goes on, Escape closes it.
    page.value("document.querySelector('.filters button').click(); document.querySelector('#images button.name').focus()")
    page.key("Enter")
    first = page.value("document.querySelector('dialog[open] h2').textContent")
    page.key("ArrowRight")
    second = page.value("document.querySelector('dialog[open] h2').textContent")
    check(first != second, f"the arrow key stays at {first}")
    page.key("Escape")
    check(page.value("document.querySelector('dialog').open") is False, "Escape doesn't close the picture")

    # Another score.
    if len({each["column"] for each in data["judgements"]}) > 1:
        other = next(each for each in data["judgements"] if each["column"] != column)
        page.value("var choice = document.querySelector('#column'); choice.value = %s; choice.dispatchEvent(new Event('change'))" % json.dumps(other["column"]))
        page.settle()
        check(shown(page) == counts(other["column"], other["threshold"]), f"on {other['column']} {shown(page)}")
    check(page.messages() == [], "\n".join(page.messages()))
print("done")
