"""The page in a real browser: every flow, by mouse, by keyboard and on a phone's screen."""

import io
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.sources import BytesSource
from fer_classic.page.journal import Journal
from fer_classic.page.server import Server
from fer_classic.page.starting import make_workspace
from fer_classic.page.workspace import Workspace
from fer_classic.settings import Settings
from tests.conftest import QUICK
from tests.page.conftest import EVIL, collection_of
from tests.page.looking import NAMELESS, PHONE, WIDE, wait_for


def facts(page):
    return page.locator(".detail .facts").inner_text()


def entries(workspace):
    return [(entry["do"], entry["value"]) for entry in workspace.journal.entries]


def picture_file(pixels, kind="JPEG"):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format=kind)
    return out.getvalue()


def test_a_run_from_the_confusion_to_one_face(visit, server, workspace):
    page = visit(server.address)
    page.get_by_text("24 of 24 right").wait_for()
    page.get_by_role("button", name="with label happiness and answer happiness").click()
    page.get_by_text("label happiness, answer happiness").wait_for()
    shown = page.locator(".tile")
    happy = int((workspace.collection.faces.labels == 1).sum())
    assert shown.count() == happy and page.get_by_text(f"Pictures: {happy}").count() == 1
    shown.first.click()
    page.locator(".detail .photograph svg .box.chosen").wait_for()
    assert page.locator(".detail .point").count() == 68
    assert "happiness" in facts(page)
    page.locator(".near img").first.wait_for()
    assert page.locator(".near li").count() == 8
    page.get_by_role("button", name="Why?").click()
    page.locator(".heat img").first.wait_for()
    assert page.locator(".why .for, .why .against").count() >= 4
    page.get_by_role("button", name="Show all").click()
    wait_for(lambda: page.get_by_text("Pictures: 24").count() == 1)


def test_sorting(visit, server, workspace):
    page = visit(server.address)
    names, sure = workspace.columns["names"], np.array(workspace.columns["sure"])
    for key, values in (("unsure", sure), ("sure", -sure)):
        page.get_by_label("Sort by").select_option(key)
        first = page.locator(".tile").first.get_attribute("aria-label")
        assert first.startswith(names[np.argsort(values, kind="stable")[0]])


def test_labels_by_keys_with_undo_and_progress(visit, server, workspace):
    page = visit(f"{server.address}#labels")
    page.get_by_text("0 of 6 decided").wait_for()
    page.locator(".detail .actions").wait_for()
    first = int(workspace.collection.suspects[0])
    page.keyboard.press("4")
    page.get_by_text("1 of 6 decided").wait_for()
    assert entries(workspace) == [("label", "surprise")]
    assert workspace.decision(first)["label"] == 4
    name = workspace.columns["names"][int(workspace.collection.suspects[1])]
    page.locator(".file", has_text=name).wait_for()  # on to the next
    page.keyboard.press("c")
    page.get_by_text("2 of 6 decided").wait_for()
    page.keyboard.press("x")
    page.get_by_text("3 of 6 decided").wait_for()
    page.keyboard.press("u")
    page.get_by_text("2 of 6 decided").wait_for()
    page.keyboard.press("9")  # no such class
    wait_for(lambda: len(workspace.journal.entries) == 4)
    assert [do for do, _ in entries(workspace)] == ["label", "confirm", "exclude", "undo"]
    page.reload()
    page.get_by_text("2 of 6 decided").wait_for()  # and nothing is lost
    page.keyboard.press("u")
    page.get_by_text("1 of 6 decided").wait_for()  # the window is still the same


def test_two_windows_do_not_overwrite_each_other(visit, server, workspace):
    allowed = ["409"]
    one = visit(f"{server.address}#labels", allowed=allowed)
    two = visit(f"{server.address}#labels", allowed=allowed)
    for page in (one, two):
        page.locator(".detail .actions").wait_for()
        page.evaluate("document.dispatchEvent(new Event('x'))")
    one.keyboard.press("0")
    wait_for(lambda: len(workspace.journal.entries) == 1)
    two.keyboard.press("1")  # at once, before it can know
    row = int(workspace.collection.suspects[0])
    two.get_by_text("1 of 6 decided").wait_for()
    assert workspace.decision(row)["label"] == 0
    two.keyboard.press("ArrowRight")
    one.keyboard.press("x")
    two.get_by_text("2 of 6 decided").wait_for()  # what the other does is seen here


def test_conflicts_between_copies_are_decided_together(visit, workspace, model, tmp_path):
    made = workspace.collection
    copies = np.arange(len(made))
    copies[[3, 4]] = 3
    labels = np.array(made.faces.labels)
    labels[[3, 4]] = 0, 3
    faces = replace(made.faces, labels=labels)
    workspace.show(replace(made, faces=faces, copies=copies))
    with Server(workspace) as server:
        page = visit(f"{server.address}#labels")
        page.get_by_label("Show").select_option("conflict")
        page.get_by_text("0 of 2 decided").wait_for()
        page.get_by_text("One more copy of this picture, labelled differently").wait_for()
        page.keyboard.press("2")
        page.get_by_text("2 of 2 decided").wait_for()
    assert [workspace.decision(row)["label"] for row in (3, 4)] == [2, 2]
    assert len(workspace.journal.entries) == 1


def test_another_face_is_chosen(visit, demo_folder, model, tmp_path):
    from skimage import data

    folder = tmp_path / "set"
    folder.mkdir()
    pair = np.concatenate([data.astronaut(), data.astronaut()[:, ::-1]], axis=1)
    Image.fromarray(pair).save(folder / "happy_1.jpg", quality=95)
    made = collection_of(folder)
    space = Workspace(model, ["set"], model.settings, Journal(tmp_path / "j"), jobs=1)
    space.show(replace(made, suspects=np.empty(0, np.int64)))
    with Server(space) as server:
        page = visit(f"{server.address}#labels")
        page.get_by_text("The most confident face counts").wait_for()
        page.locator(".spot").nth(1).wait_for()
        page.keyboard.press("f")
        page.locator(".spot.chosen span", has_text="2").wait_for()
        box = space.decision(0)["face"]
        assert box and abs(box[0] - float(made.faces.boxes[0][0])) > 100
        page.locator(".spot").nth(0).click()
        wait_for(lambda: space.decision(0)["number"] == 2)
        assert page.get_by_text("0 of 1 decided").count() == 0  # a face is a decision too
    space.journal.close()


def test_names_of_files_stay_text(visit, server):
    page = visit(server.address)
    page.get_by_label("Sort by").select_option("name")
    page.locator(".tile").first.click()
    page.locator(".file", has_text=EVIL).wait_for()
    assert page.locator("img[src=x]").count() == 0


def test_export_and_training_again(visit, demo_folder, model, tmp_path):
    import shutil

    folder = tmp_path / "set"
    shutil.copytree(demo_folder / "train", folder)
    settings = Settings.from_dict(QUICK)
    made = replace(collection_of(folder), settings=settings)
    journal = Journal(tmp_path / "set.labels.jsonl")
    space = Workspace(model, ["set"], settings, journal, jobs=1)
    space.show(made)
    with Server(space) as server:
        page = visit(f"{server.address}#labels")
        page.locator(".detail .actions").wait_for()
        page.keyboard.press("x")
        page.get_by_text("1 of 6 decided").wait_for()
        page.goto(f"{server.address}#again")
        page.get_by_text("excluded: 1.").wait_for()
        page.get_by_role("button", name="Export").click()
        page.get_by_text(
            "set.mended.csv has 80 pictures, 79 of them with a label"
        ).wait_for()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download it").click()
        assert (
            download.value.path().read_bytes() == (tmp_path / "set.mended.csv").read_bytes()
        )
        page.get_by_role("button", name="Train again").click()
        page.get_by_text("Balanced accuracy changes by").wait_for(timeout=60_000)
        assert page.locator(".intervals li").count() == 3
        assert re.search(r"Scored on 79 pictures in \w+ folds", page.content())
    journal.close()


def test_a_photograph_is_chosen_pasted_and_taken(visit, model):
    from skimage import data

    face = data.astronaut()
    pair = picture_file(np.concatenate([face, face], axis=1))
    with Server(Workspace(model, [], model.settings)) as server:
        page = visit(server.address, ready=".drop", permissions=["camera"])
        assert page.locator("nav a").all_inner_texts() == ["Photograph", "Live"]
        file = {"name": EVIL, "mimeType": "image/jpeg", "buffer": pair}
        page.set_input_files("input[type=file]", file)
        page.get_by_text("faces were found").wait_for()
        assert page.locator(".said .bars li").count() == 5
        page.locator(".spot").nth(1).click()
        page.get_by_role("heading", name="Face 2").wait_for()
        page.keyboard.press("w")
        page.locator(".heat img").first.wait_for()
        for event, holder in (("paste", "clipboardData"), ("drop", "dataTransfer")):
            page.evaluate(DROP, [event, holder, list(picture_file(face))])
            page.get_by_text("One face was found.").wait_for()
            page.set_input_files("input[type=file]", file)
            page.get_by_text("faces were found").wait_for()
        page.get_by_role("button", name="Use the camera").click()
        wait_for(lambda: page.evaluate("document.querySelector('video').videoWidth") > 0)
        page.get_by_role("button", name="Take the photograph").click()
        page.get_by_text("2 faces were found").wait_for()  # a film in the camera's place
        assert not page.evaluate("document.querySelector('video').srcObject")


#: What a browser does when a file is pasted or dropped.
DROP = """([event, holder, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "a.jpg", { type: "image/jpeg" }));
  const made = event === "paste" ? new ClipboardEvent("paste", { clipboardData: data })
    : new DragEvent("drop", { dataTransfer: data, cancelable: true });
  window.dispatchEvent(made);
}"""


def test_what_is_no_photograph_gets_a_sentence(visit, model):
    with Server(Workspace(model, [], model.settings)) as server:
        page = visit(server.address, ready=".drop", allowed=["422"])
        file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no image"}
        page.set_input_files("input[type=file]", file)
        page.get_by_text(
            "This file cannot be shown: not an image of a known format"
        ).wait_for()


def test_ten_thousand_faces_scroll_smoothly(visit, model, tmp_path):
    plain = collection_of_many(10_000)
    space = Workspace(model, ["many"], model.settings, Journal(tmp_path / "j"), jobs=1)
    space.show(plain)
    with Server(space) as server:
        page = visit(server.address)
        page.get_by_label("Sort by").select_option("name")
        assert page.evaluate("document.querySelectorAll('.tile').length") < 120
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = busy(session)
        told = page.evaluate(SCROLL)
        assert told["frames"] >= 20 and told["tiles"] < 200
        # Milliseconds of processor time for a frame in which every tile is another.
        assert 1000 * (busy(session) - before) / told["frames"] < 60
        page.locator(".tile").first.focus()
        page.keyboard.press("End")
        page.locator(".tile", has_text="").last.wait_for()
        wait_for(lambda: "09999.jpg" in page.evaluate("document.activeElement.ariaLabel"))
        assert page.evaluate("document.activeElement.parentNode.ariaPosInSet") == "10000"
    space.journal.close()


def busy(session):
    """Seconds of processor time that the page's main thread has used so far."""
    found = session.send("Performance.getMetrics")["metrics"]
    return {own["name"]: own["value"] for own in found}["TaskDuration"]


#: Scroll through the whole list in jumps; how many frames that was, and tiles at most.
SCROLL = """async () => {
  const grid = document.querySelector(".grid");
  let [frames, tiles] = [0, 0];
  for (let step = 0; step <= 20; step += 1) {
    grid.scrollTop = (step / 20) * (grid.scrollHeight - grid.clientHeight);
    await new Promise((done) => requestAnimationFrame(done));
    tiles = Math.max(tiles, document.querySelectorAll(".tile").length);
    frames += 1;
  }
  return { frames, tiles };
}"""


def collection_of_many(n):
    """A collection of one picture, many times over."""
    from fer_classic.data.dataset import Samples
    from fer_classic.data.labels import FIVE
    from fer_classic.faces.extract import extract_faces
    from fer_classic.faces.settings import FaceSettings
    from fer_classic.page.collection import Collection

    source = BytesSource(picture_file(np.full((48, 48), 120, np.uint8), "PNG"))
    nothing = (None,)
    one = Samples(("a",), (source,), np.array([1]), *(nothing,) * 3, FIVE, ("m",))
    faces = extract_faces(one, FaceSettings(detector="none")).take(np.zeros(n, dtype=int))
    faces = replace(faces, names=tuple(f"{i:05d}.jpg" for i in range(n)))
    chances = np.random.default_rng(0).dirichlet(np.ones(5), n)
    return Collection(
        title="many",
        kind="data",
        faces=faces,
        sources=(source,) * n,
        parts=("data",) * n,
        probabilities=chances,
        judged_by={"data": "model"},
        suspects=np.arange(100),
        copies=np.arange(n),
        settings=None,
    )


def test_nothing_is_wider_than_a_phone(visit, server):
    """Nor than a narrower one, which is also a screen of 1280 pixels at 400%."""
    page = visit(server.address, size=PHONE, has_touch=True)
    for width in (PHONE[0], 320):
        page.set_viewport_size({"width": width, "height": PHONE[1]})
        for view in ("results", "labels", "again", "photo"):
            page.evaluate("view => { location.hash = view; }", view)
            page.locator(f"main > .{view}").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if not page.locator(".tile").count():
                continue
            page.locator(".tile").first.click()
            page.locator(".detail .actions").wait_for()
            assert not page.locator(".list").is_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.get_by_role("button", name="Close").click()
            assert page.locator(".list").is_visible()


def test_both_languages_and_colours(visit, server):
    page = visit(server.address, locale="zh-CN", color_scheme="dark", allowed=["422"])
    page.get_by_role("link", name="标签").wait_for()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no image"}
    page.evaluate("location.hash = 'photo'")
    page.set_input_files("input[type=file]", file)
    page.get_by_text("无法显示此文件：不是已知格式的图像（JPEG, PNG").wait_for()
    page.locator("#language").select_option("en")
    page.get_by_role("link", name="Labels").wait_for()
    page.reload()
    page.get_by_role("link", name="Labels").wait_for()  # remembered


def test_all_texts_are_there_in_both_languages():
    import json

    from fer_classic.page.routes import static_files

    files = {path: content.decode() for path, (content, _) in static_files().items()}
    tables = [json.loads(files[f"/texts/{language}.json"]) for language in ("en", "zh")]
    assert tables[0].keys() == tables[1].keys()
    for key in tables[0]:
        places = [sorted(re.findall(r"\{\w+\}", table[key])) for table in tables]
        assert places[0] == places[1], key
    code = "".join(text for path, text in files.items() if path.endswith(".js"))
    used = set(re.findall(r"\bt\(\"([a-z_.]+)\"", code))
    used |= set(re.findall(r"data-text=\"([a-z_.]+)\"", files["/"]))
    assert len(used) > 60 and not used - tables[0].keys()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_everything_has_a_name_and_the_order_of_headings_is_sound(visit, server, size):
    page = visit(f"{server.address}#labels", size=size)
    page.locator(".tile").first.click()
    page.locator(".near img").first.wait_for()
    assert page.evaluate(NAMELESS) == []
    assert page.locator("main").count() == 1 and page.locator("[aria-live]").count() >= 1


def test_the_keyboard_alone(visit, server, workspace):
    page = visit(server.address)
    named = "document.activeElement.ariaLabel || document.activeElement.textContent"
    page.keyboard.press("Tab")
    assert page.evaluate(named) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("summary").focus()
    page.keyboard.press("Tab")  # one stop for all numbers
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert "label happiness and answer happiness" in page.evaluate(named)
    page.keyboard.press("Enter")
    page.get_by_text("label happiness, answer happiness").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(named) == "Show all"
    page.keyboard.press("Enter")
    page.get_by_text("Pictures: 24").wait_for()
    page.locator(".tile").first.focus()
    page.keyboard.press("Enter")
    page.locator(".detail .actions").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    for _ in range(2):  # the next picture is drawn, and the button stays the next one's
        before = page.locator(".file").inner_text()
        assert page.evaluate(named) == "Next (right arrow)"
        page.keyboard.press("Enter")
        page.locator(".file").filter(has_not_text=before).wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "tile"


def test_a_phone_with_a_keyboard_keeps_its_place(visit, server):
    page = visit(f"{server.address}#labels", size=PHONE)
    page.locator(".tile").first.focus()
    page.keyboard.press("Enter")
    page.locator(".detail .actions").wait_for()
    assert page.evaluate("document.activeElement.className") == "detail"
    page.keyboard.press("x")
    page.get_by_text("1 of 6 decided").wait_for(state="attached")
    said = page.locator(".above > .hidden").text_content()
    assert said.endswith(": excluded")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_killed_server_keeps_the_labels_half_done(
    visit, demo_folder, model_folder, tmp_path
):
    """The command itself is killed in the middle of the work; another page goes on."""
    import shutil

    (tmp_path / "set").mkdir()
    for path in sorted((demo_folder / "test").iterdir())[:8]:
        shutil.copy(path, tmp_path / "set")
    journal = tmp_path / "set.labels.jsonl"

    line = [sys.executable, "-m", "fer_classic.cli", "page", str(tmp_path / "set")]
    line += ["--model", str(model_folder), "--no-browser", "--jobs", "1"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    page = visit(address + "#labels")
    page.get_by_label("Show").select_option("all")
    page.locator(".detail .actions").wait_for()
    page.keyboard.press("3")
    page.get_by_text("1 of 8 decided").wait_for()
    process.kill()
    process.wait()
    page.keyboard.press("3")
    page.get_by_text("does not answer").wait_for()
    with open(journal, "ab") as file:
        file.write(b'{"n": 2, "at": "20')  # what a crash may leave
    space = make_workspace([str(tmp_path / "set")], model_folder, jobs=1)
    with Server(space) as server:
        again = visit(server.address + "#labels")
        again.get_by_label("Show").select_option("all")
        again.get_by_text("1 of 8 decided").wait_for()
