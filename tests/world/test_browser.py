"""The tiny world's page and report in a browser without network: complete, quiet, usable."""

import base64
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from italign.evaluation.table import read_csv
from italign.figures.pages.captions import first_sentence

pytestmark = pytest.mark.world

RESULTS = Path(__file__).resolve().parents[2] / "results" / "tiny"
FIGURES = sorted(path.stem for path in (RESULTS / "figures").glob("*.svg"))
PAGE, REPORT = RESULTS / "index.html", RESULTS / "report.html"
DESKTOP, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 800}
INSIDE = ("file:", "data:", "blob:")
PATIENCE_MS = 180_000  # to open a page beside other tests
# Where plotly draws a point on the page, from its private layout: it has no public way to ask.
PLACE = """([chart, x, y]) => {
  const element = document.getElementById(chart), layout = element._fullLayout;
  const trace = element.data.find(({x: xs, y: ys, mode}) => mode == "markers" &&
                                  xs.some((each, k) => each == x && ys[k] == y));
  const [xaxis, yaxis] = [trace.xaxis, trace.yaxis].map(
    (name) => layout[name[0] + "axis" + name.slice(1)]);
  element.scrollIntoView();
  const box = element.getBoundingClientRect();
  return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)];
}"""


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if not program:
        missing = "no chromium here (Debian: apt install chromium)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    if not PAGE.exists():
        pytest.skip("no finished tiny world: run `make tiny` first")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        # Chromium's sandbox does not start as root, as tests in containers do.
        running = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def opened(browser, path, viewport=DESKTOP):
    """Open a file without network; fail for any error, and for any request that leaves it."""
    errors, requests = [], []
    context = browser.new_context(offline=True, viewport=viewport)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri(), timeout=PATIENCE_MS)
    try:
        yield page
        assert not errors
        assert requests and not [url for url in requests if not url.startswith(INSIDE)]
    finally:
        context.close()


def loneliest(points):
    """The row of points that is farthest from its neighbours, so that no other hides it."""
    xy = points[["similarity", "value"]].to_numpy()
    xy = (xy - xy.min(axis=0)) / np.ptp(xy, axis=0).clip(1e-9)
    distance = np.linalg.norm(xy[:, None] - xy, axis=-1) + np.diag(np.full(len(xy), np.inf))
    return points.iloc[distance.min(axis=1).argmax()]


def test_the_page_shows_every_figure_with_its_caption(browser):
    with opened(browser, PAGE) as page:
        shown = page.eval_on_selector_all("article", "all => all.map(one => one.id)")
        assert sorted(shown) == FIGURES and len(FIGURES) > 3
        widths = page.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
        assert len(widths) == len(FIGURES) and min(widths) > 100
        for name in FIGURES:
            assert len(page.locator(f"#{name} figcaption").inner_text()) > 40, name
            assert len(page.locator(f"#{name} img").get_attribute("alt")) > 20, name


def test_pointing_at_a_point_shows_its_numbers(browser):
    with opened(browser, PAGE) as page:
        charts = page.locator("details.explore")
        names = charts.locator("..").evaluate_all("all => all.map(one => one.id)")
        assert {"figure_1b", "figure_1c"} <= set(names)
        for name in names:
            part = page.locator(f"#{name} details.explore")
            part.locator("summary").press("Enter")
            part.locator(".point").first.wait_for()
            table = read_csv(RESULTS / "figures" / f"{name}.csv")
            row = loneliest(table[table["mark"] == "point"])
            page.mouse.move(*page.evaluate(PLACE, [f"chart-{name}", row.similarity, row.value]))
            hover = part.locator(".hoverlayer .hovertext")
            hover.wait_for()
            said = hover.text_content().replace("\N{MINUS SIGN}", "-")
            for words in (row.model, f"seed {row.seed:.0f}", f"step {row.step:.0f} ",
                          f"{row.similarity:.4f}", f"{row.value:.4f}"):
                assert words in said, name
        assert not page.locator(".modebar-btn[data-title*=Share]").count()


def test_downloads_are_the_files(browser):
    with opened(browser, PAGE) as page:
        for file in (f"{name}.{suffix}" for name in FIGURES for suffix in ("csv", "svg")):
            link = page.locator(f"a[download='{file}']")
            encoded = link.get_attribute("href").partition(";base64,")[2]
            assert base64.b64decode(encoded) == (RESULTS / "figures" / file).read_bytes(), file
        with page.expect_download() as download:
            link.click()
        assert Path(download.value.path()).read_bytes() == (RESULTS / "figures" / file).read_bytes()


def test_the_page_fits_a_phone(browser):
    with opened(browser, PAGE, PHONE) as page:
        for part in page.locator("details").all():
            part.locator("summary").click()
        page.locator("#chart-figure_1b .point").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_page_forbids_itself_the_network(browser):
    page = browser.new_page()
    page.goto(PAGE.as_uri(), timeout=PATIENCE_MS)
    blocked = page.evaluate("""() => new Promise(resolve => {
      document.addEventListener("securitypolicyviolation", event => resolve(event.blockedURI));
      new Image().src = "https://example.org/count.gif";
      setTimeout(resolve, 5000, "nothing");
    })""")
    page.close()
    assert blocked.startswith("https://example.org")


def test_the_report_shows_every_figure_with_its_caption(browser):
    with opened(browser, REPORT) as page:
        captions = page.evaluate("Object.fromEntries(Object.values(results).filter("
                                 "one => one.mime_type == 'image/svg+xml').map("
                                 "one => [one.name, one.caption]))")
        assert sorted(captions) == [f"{name}.svg" for name in FIGURES]
        widths = {}
        for category in page.evaluate("Object.keys(categories)"):
            page.reload()  # back to the list of categories
            page.get_by_text(category, exact=True).first.click()
            for row in page.locator("tbody tr").all():
                button = row.locator("a[iconname=eye]")
                if button.get_attribute("download"):
                    continue  # a table: its button saves it
                button.click()
                picture = page.locator("img[src*='filename=']:not([src*='filename=logo.svg'])")
                picture.wait_for()
                shown = picture.get_attribute("src").partition("filename=")[2].partition(";")[0]
                widths[shown] = picture.evaluate("one => one.naturalWidth")
        assert widths.keys() == captions.keys() and min(widths.values()) > 100
        for name, shown in captions.items():
            written = RESULTS / "figures" / "captions" / f"{Path(name).stem.split('-')[0]}.rst"
            words = page.evaluate("html => new DOMParser().parseFromString(html, 'text/html')"
                                  ".body.textContent", shown)
            assert first_sentence(written.read_text()) in " ".join(words.split()), name
