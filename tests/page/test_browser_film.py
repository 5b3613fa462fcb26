"""Film and camera in a real browser."""

import json
import re
import shutil
import time

import pytest

from fer_classic.page.server import Server
from fer_classic.page.starting import make_workspace
from fer_classic.page.workspace import Workspace
from tests.page.looking import CUT, NAMELESS, PALE, PHONE, WIDE, wait_for


@pytest.fixture
def film_server(film_folder, model_folder):
    with Server(make_workspace([str(film_folder)], model_folder)) as server:
        yield server


def shown(page):
    """Where the film is, as the page writes it."""
    return page.locator(".now").inner_text()


def test_a_film_by_keyboard(visit, film_server):
    page = visit(film_server.address, ready=".tag")
    assert page.locator("h2").inner_text() == "two <b>.mp4"
    assert page.locator(".over rect").count() == 2
    assert shown(page) == "0:00.00 of 0:02.40"
    before = page.locator(".stage img").get_attribute("src")
    page.get_by_label("Time").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    wait_for(lambda: shown(page) == "0:01.04 of 0:02.40")
    wait_for(lambda: page.locator(".stage img").get_attribute("src") != before)
    wait_for(lambda: "film/26/frame" in page.locator(".stage img").get_attribute("src"))
    said = page.locator(".stage img").get_attribute("alt")
    assert re.fullmatch(r"The film at 0:01.04. Face 1: \w+ \d+%, Face 2: \w+ \d+%", said)
    assert "2 " in page.get_by_label("Time").get_attribute("aria-valuetext")
    page.keyboard.press("End")
    wait_for(lambda: shown(page).startswith("0:02.36"))
    page.keyboard.press("ArrowRight")  # there is no more
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    wait_for(lambda: shown(page).startswith("0:00.00"))
    assert page.locator(".faces .bars").count() == 2


def test_a_film_by_mouse_and_playing(visit, film_server):
    page = visit(film_server.address, ready=".tag")
    page.locator(".timeline").scroll_into_view_if_needed()
    box = page.locator(".bands").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    wait_for(lambda: shown(page).startswith("0:01.20"))
    page.mouse.move(box["x"] + box["width"] * 0.25, middle, steps=5)
    page.mouse.up()
    wait_for(lambda: shown(page).startswith("0:00.60"))
    cursor = page.locator(".cursor").bounding_box()
    assert abs(cursor["x"] + 1 - box["x"] - box["width"] * 0.25) < 3
    page.mouse.move(box["x"], middle)  # nothing is pressed any more
    assert shown(page).startswith("0:00.60")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play").wait_for()  # it ends by itself
    assert shown(page).startswith("0:02.36")
    page.get_by_role("button", name="Face 2: go to 0:00.0").click()
    wait_for(lambda: shown(page).startswith("0:00.00"))


def test_bands_tell_what_they_show(visit, film_server):
    page = visit(film_server.address, ready=".tag")
    said = page.locator("canvas[role=img]").nth(1).get_attribute("aria-label")
    assert re.match(r"Face 2, from 0:00.0 to 0:02.4: \w+ \d+%", said)
    rows = page.locator("tbody tr")
    assert rows.count() == 2 and "0:02.4" in rows.first.inner_text()


def test_a_film_that_is_gone(visit, film_folder, model_folder, tmp_path):
    folder = tmp_path / "clip"
    shutil.copytree(film_folder, folder)
    record = json.loads((folder / "film.json").read_text())
    record["film"]["path"] = "/no/such/<i>.mp4"
    (folder / "film.json").write_text(json.dumps(record))
    with Server(make_workspace([str(folder)], model_folder)) as server:
        page = visit(server.address, ready=".faces .bars")
        page.get_by_text("The film is not at /no/such/<i>.mp4 any more").wait_for()
        assert page.locator(".stage").count() == 0
        page.get_by_label("Time").focus()
        page.keyboard.press("Shift+ArrowRight")
        wait_for(lambda: shown(page).startswith("0:01.00"))
        page.locator("#language").select_option("zh")
        page.get_by_text("原处：/no/such/<i>.mp4").wait_for()


def test_a_film_that_vanishes_while_it_is_looked_at(
    visit, film_file, film_folder, model_folder, tmp_path
):
    copy = tmp_path / film_file.name
    shutil.copy(film_file, copy)
    with Server(make_workspace([str(film_folder)], model_folder, film=copy)) as server:
        page = visit(server.address, ready=".tag", allowed=["422"])
        server.workspace.film.close()
        copy.unlink()
        page.keyboard.press("End")
        page.get_by_text("There is no film").wait_for()
        assert page.locator(".faces .bars").count() == 2


def test_the_camera_is_looked_at_and_nothing_is_kept(visit, model, tmp_path):
    space = Workspace(model, [], model.settings, cache=tmp_path)
    with Server(space) as server:
        page = visit(f"{server.address}#live", ready=".live")
        page.get_by_role("button", name="Start the camera").click()
        page.locator(".tag").nth(1).wait_for()
        text = page.locator(".rate", has_text="pictures a second").inner_text()
        rate, latency, longest = map(float, re.findall(r"[\d.]+", text))
        assert rate > 0 and 0 < latency <= longest + 1
        # Waits: where the film begins anew, a picture may hold none.
        wait_for(lambda: page.locator(".faces .bars").count() == 2)
        assert page.evaluate(NAMELESS) == []
        page.get_by_role("button", name="Stop the camera").click()
        page.get_by_role("button", name="Start the camera").wait_for()
        assert not page.evaluate("document.querySelector('video').srcObject")
        page.get_by_role("button", name="Start the camera").click()
        page.locator(".tag").first.wait_for()
        page.get_by_role("link", name="Photograph").click()  # and the camera goes off
        page.locator(".drop").wait_for()
    assert list(tmp_path.iterdir()) == []


def test_a_camera_that_is_refused(visit, model):
    with Server(Workspace(model, [], model.settings)) as server:
        page = visit(f"{server.address}#live", ready=".live")
        page.evaluate(REFUSE, "NotAllowedError")
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_text("does not allow the camera").wait_for()
        page.evaluate(REFUSE, "NotFoundError")
        page.get_by_role("button", name="Start the camera").click()
        page.get_by_text("No camera is to be had").wait_for()


#: What a browser does where the user, or the machine, gives no camera.
REFUSE = """(name) => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", name); };
}"""


def test_a_server_that_ends_while_the_camera_is_on(visit, model):
    with Server(Workspace(model, [], model.settings)) as server:
        page = visit(f"{server.address}#live", ready=".live")
        page.get_by_role("button", name="Start the camera").click()
        page.locator(".tag").first.wait_for()
    page.get_by_text("does not answer").wait_for()
    assert not page.evaluate("document.querySelector('video').srcObject")


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_a_film_looks_well(visit, film_server, language):
    page = visit(film_server.address, ready=".tag", locale=language)
    assert page.evaluate(NAMELESS) == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(PALE) == [], scheme
    for width, height in (WIDE, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT) == [], width


def test_a_long_film_is_quick(visit, film_file, film_folder, model_folder, tmp_path):
    """An hour in the table; its film is two seconds long, which is told."""
    folder = tmp_path / "clip"
    shutil.copytree(film_folder, folder)
    lines = (folder / "frames.csv").read_text().splitlines()
    with open(folder / "frames.csv", "w") as file:
        file.write(lines[0] + "\n")
        for frame in range(60 * 60 * 5):
            for line in lines[1:3]:
                cells = line.split(",")
                file.write(",".join([str(frame), f"{frame / 5:.3f}", *cells[2:]]) + "\n")
    start = time.process_time()
    with Server(make_workspace([str(folder)], model_folder, film=film_file)) as server:
        page = visit(server.address, ready=".tag", allowed=["422"])
        assert time.process_time() - start < 30
        assert shown(page) == "0:00.00 of 59:59.84"
        page.keyboard.press("End")
        page.get_by_text("no picture at 3599.80 s").wait_for()
