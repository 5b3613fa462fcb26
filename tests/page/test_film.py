"""The server of an analyzed film, and of the camera's pictures."""

import io
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.page.filmrun import FilmRun, is_film_run
from fer_classic.page.server import Server
from fer_classic.page.starting import make_workspace
from fer_classic.page.workspace import Workspace
from tests.page.conftest import ask
from tests.page.looking import wait_for

av = pytest.importorskip("av", reason="needs PyAV")
from tests.video.madefilm import GROUP, frame_of  # noqa: E402


@pytest.fixture
def moved(film_folder, tmp_path):
    """The folder somewhere else, with a record that a test may change."""
    folder = tmp_path / "clip"
    shutil.copytree(film_folder, folder)

    def change(**about):
        record = json.loads((folder / "film.json").read_text())
        record["film"] |= about
        (folder / "film.json").write_text(json.dumps(record))
        return folder

    return change


@pytest.fixture
def film_api(film_folder, model_folder):
    """Ask the server of the film."""
    with Server(make_workspace([str(film_folder)], model_folder)) as server:

        def api(path, data=None, **headers):
            return ask(f"{server.address}api/{path}", data, **headers)

        wait_for(lambda: api("state").json["progress"]["step"] == "ready")
        yield api


def frame_pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_timeline_moments_frames_and_faces(film_api, film_file):
    state = film_api("state").json
    assert state["film"] and not state["inputs"] and state["title"] == film_file.name
    told = film_api("film").json
    assert told["missing"] is None and told["size"] == [640, 480]
    assert len(told["times"]) == 60 and told["times"][25] == 1000
    assert [own["track"] for own in told["tracks"]] == [1, 2] and told["faces"] == 2
    for band in told["bands"]:
        sums = np.array(band["shares"]).sum(axis=0)
        assert sums.shape == (1200,) and (abs(sums[:1150] - 100) <= 3).all()
    moment = film_api("film/30").json
    assert moment["frame"] == 30 and [f["track"] for f in moment["faces"]] == [1, 2]
    for face in moment["faces"]:
        assert sum(face["probabilities"]) == pytest.approx(1, abs=1e-3)
    for position in (0, 59, 30, 31):
        found = film_api(f"film/{position}/frame.jpg")
        assert found.headers["content-type"] == "image/jpeg"
        expected = frame_of(GROUP, position / 25).astype(int)
        assert np.abs(frame_pixels(found.content) - expected).mean() < 4
    assert frame_pixels(film_api("film/face/1.jpg").content).shape == (96, 96, 3)


@pytest.mark.parametrize(
    "path",
    ["film/60", "film/60/frame.jpg", "film/face/3.jpg", "film/-1", "film/face/..%2f"],
)
def test_there_is_nothing_else_to_be_had(film_api, path):
    found = film_api(path)
    assert found.status in (400, 404, 422) and b"Traceback" not in found.content


def test_a_film_that_is_gone_leaves_the_table(moved, model_folder, tmp_path):
    folder = moved(path=str(tmp_path / "gone.mp4"))
    with Server(make_workspace([str(folder)], model_folder)) as server:
        wait_for(lambda: ask(f"{server.address}api/film").status == 200)
        told = ask(f"{server.address}api/film").json
        assert told["missing"]["kind"] == "gone" and "gone.mp4" in told["missing"]["path"]
        assert told["bands"] and ask(f"{server.address}api/film/3").json["faces"]
        found = ask(f"{server.address}api/film/3/frame.jpg")
        assert found.status == 422 and "not there any more" in found.json["error"]


def test_where_the_film_is_found(moved, film_file, tmp_path):
    folder = moved(path="/no/such/film.mp4")
    assert FilmRun(folder).missing["kind"] == "gone"
    assert FilmRun(folder, film_file).missing is None  # named
    shutil.copy(film_file, tmp_path / film_file.name)
    assert FilmRun(folder).missing is None  # beside the folder
    other = tmp_path / "other.mp4"
    other.write_bytes(film_file.read_bytes() + b"x")
    found = FilmRun(folder, other)
    assert found.missing["kind"] == "changed" and found.missing["path"] == str(other)


def test_a_film_that_cannot_be_decoded(moved, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no film at all")
    folder = moved(path=str(tmp_path / "broken.mp4"), print=None)
    run = FilmRun(folder)
    run.load()
    assert run.missing["kind"] == "other" and "no film" in run.missing["text"]


@pytest.mark.parametrize(
    "about", [{"name": ["x"]}, {"path": "a\0b"}, {"path": 3}, {"rate": "x"}, {"rate": -1}]
)
def test_records_of_strangers(moved, about):
    run = FilmRun(moved(**about))
    run.load()
    json.dumps(run.told(), allow_nan=False)


def test_records_that_are_none(moved):
    folder = moved()
    (folder / "film.json").write_text("[]")
    with pytest.raises(FerClassicError, match="does not say which film"):
        FilmRun(folder)
    assert is_film_run(folder) and not is_film_run(folder.parent)


def test_a_damaged_table_is_told(moved, model_folder):
    folder = moved()
    with open(folder / "frames.csv", "a") as file:
        file.write("60,2.4,nonsense\n")
    space = make_workspace([str(folder)], model_folder)
    space.open()
    assert "frames.csv, line" in space.error and "3 cells" in space.error


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_portrait_that_is_a_link_gives_no_file_away(moved, tmp_path):
    folder = moved()
    (folder / "track_0001.png").unlink()
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "track_0001.png").symlink_to(tmp_path / "secret")
    with pytest.raises(FerClassicError, match="not an image"):
        FilmRun(folder).portrait(1)


def test_the_models_of_films(film_folder, model_folder, moved):
    assert make_workspace([str(film_folder)], None).model is not None  # its own
    folder = moved()
    record = json.loads((folder / "film.json").read_text())
    (folder / "film.json").write_text(json.dumps(record | {"model": "none-such"}))
    with pytest.raises(UsageError, match=r"none-such.*cannot be loaded"):
        make_workspace([str(folder)], None)
    assert make_workspace([str(folder)], model_folder).film is not None
    with pytest.raises(UsageError, match="There is no film"):
        make_workspace([str(folder)], model_folder, film="none.mp4")
    with pytest.raises(UsageError, match="name it alone"):
        make_workspace([str(folder), "other"], model_folder)
    with pytest.raises(UsageError, match="named without the folder"):
        make_workspace([], model_folder, film="a.mp4")


def shot(seconds, kind="JPEG"):
    out = io.BytesIO()
    Image.fromarray(frame_of(GROUP, seconds)).save(out, format=kind, quality=90)
    return out.getvalue()


@pytest.fixture
def live(model):
    """Send a camera's picture: ``live(content, window="w")``."""
    with Server(Workspace(model, [], model.settings)) as server:

        def send(content, window="?window=w"):
            kind = {"content-type": "application/octet-stream"}
            return ask(f"{server.address}api/live{window}", content, **kind)

        send.address = server.address
        yield send


def test_pictures_of_a_camera(live):
    for own in (live(shot(i / 25)).json for i in range(6)):
        assert (own["width"], own["height"]) == (640, 480) and own["ms"] > 0
        assert len(own["faces"]) == 2
    assert live(shot(0.1), "?window=other").json["faces"][0]["track"] == 1  # its own
    assert ask(f"{live.address}api/live/stop", {"window": "w"}).status == 200
    again = live(shot(0.1)).json["faces"]
    assert [face["track"] for face in again] == [1, 2]  # all is forgotten


def test_faces_are_followed_and_smoothed_through_a_camera(model):
    """By times that are given, since a busy machine has none."""
    from fer_classic.page.everyface import FaceReader
    from fer_classic.page.livefaces import _Own
    from fer_classic.video.live import LiveFaces

    faces = LiveFaces(_Own(FaceReader(model)))
    seen = [faces.look(frame_of(GROUP, i / 25), i / 25) for i in range(10)]
    assert all([face.track for face in own.faces] == [1, 2] for own in seen)
    statuses = [own.faces[0].status for own in seen]
    assert statuses == ["found", *["followed"] * 7, "found", "followed"]
    # Pictures that come slowly are searched each.
    slow = [faces.look(frame_of(GROUP, 1 + i / 2), 1 + i / 2) for i in range(3)]
    assert all(face.status == "found" for own in slow for face in own.faces)
    # Where nobody was, the next picture is searched.
    empty = LiveFaces(_Own(FaceReader(model)))
    assert empty.look(np.full((480, 640, 3), 90, np.uint8), 0.0).faces == ()
    assert len(empty.look(frame_of(GROUP, 0), 0.04).faces) == 2


@pytest.mark.parametrize(
    ("content", "window", "status", "told"),
    [
        (b"no image", "?window=w", 422, "not an image"),
        (b"", "?window=w", 422, "empty"),
        (b"x", "", 400, "no name"),
        (b"x", "?window=" + "w" * 65, 400, "no name"),
    ],
)
def test_what_a_camera_does_not_send(live, content, window, status, told):
    found = live(content, window)
    assert found.status == status and told in found.content.decode()


def test_a_large_picture_is_refused_before_it_is_unpacked(live):
    out = io.BytesIO()
    Image.new("L", (3000, 3000)).save(out, format="PNG")
    assert live(out.getvalue()).status == 422


def test_many_windows_share_a_few_places(live):
    from fer_classic.page.livefaces import WINDOWS

    for number in range(WINDOWS + 2):
        assert live(shot(0), f"?window={number}").json["faces"]


def test_another_site_sends_no_picture(live):
    headers = {"origin": "http://evil.example", "content-type": "image/jpeg"}
    found = ask(f"{live.address}api/live?window=w", b"x", **headers)
    assert found.status == 403
