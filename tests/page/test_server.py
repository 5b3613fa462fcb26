"""The server: whom it answers, what it refuses, and what it never gives away."""

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

import numpy as np
import pytest
from PIL import Image

from fer_classic.errors import UsageError
from fer_classic.page.guard import LIVE_BYTES, PHOTO_BYTES
from fer_classic.page.journal import Journal
from fer_classic.page.routes import static_files
from fer_classic.page.server import Server
from fer_classic.page.workspace import Workspace
from tests.page.conftest import EVIL, ask


def raw(server, text):
    """The first line of the answer to a request as it is written."""
    host, port = urllib.parse.urlsplit(server.address).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(text.encode("latin-1"))
        return line.recv(1 << 16).decode("latin-1").split("\r\n")[0]


def parts_of(server):
    split = urllib.parse.urlsplit(server.address)
    return split.netloc, split.path


def test_the_page_and_all_its_files_come_with_a_strict_policy(server):
    for path in ["", *(own[1:] for own in static_files() if own != "/")]:
        found = ask(server.address + path)
        assert found.status == 200 and found.content
        policy = found.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in found.headers
        assert "server" not in found.headers


def test_no_file_of_the_page_names_another_place():
    for path, (content, _) in static_files().items():
        found = re.findall(r"(?:https?:)?//[\w.]+\.\w+[^\s\"')]*", content.decode())
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path


@pytest.mark.parametrize("path", ["", "x/", "x/api/state", "{half}/", "{token}x/api/state"])
def test_a_wrong_key_opens_nothing(server, path):
    netloc, token = parts_of(server)
    token = token.strip("/")
    path = path.format(half=token[:8], token=token)
    found = ask(f"http://{netloc}/{path}")
    assert found.status == 403 and b"key is missing" in found.content


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../../etc/passwd",
            "..%2f..%2fetc%2fpasswd",
            "static/app.js",
            "api/row/../state",
        ),
        *(
            "api/row/-1",
            "api/row/1e3",
            "api/row/0/../../../etc/passwd",
            "%00",
            "/etc/passwd",
        ),
        *(
            "api/photo/..%2f..%2fx/photo.jpg",
            "texts/../app.js",
            "app.js/",
            "api/export.csv",
        ),
    ],
)
def test_path_tricks_find_no_file(server, path):
    netloc, token = parts_of(server)
    said = raw(server, f"GET {token}{path} HTTP/1.1\r\nHost: {netloc}\r\n\r\n")
    assert said.split()[1] in ("404", "400"), said


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_foreign_host_is_refused(server, host):
    _, token = parts_of(server)
    said = raw(server, f"GET {token}api/state HTTP/1.1\r\nHost: {host}\r\n\r\n")
    assert said.split()[1] in ("403", "400")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_site_is_refused(api, workspace, headers):
    sent = {"rows": [0], "seen": [0], "do": "exclude", "value": None, "window": "w"}
    assert api("decide", sent, **headers).status == 403
    assert api("state", **headers).status == 403
    assert not workspace.journal.entries


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_refused(server, method):
    netloc, token = parts_of(server)
    said = raw(server, f"{method} {token}api/state HTTP/1.1\r\nHost: {netloc}\r\n\r\n")
    assert said.split()[1] in ("405", "400")


def test_it_listens_on_this_machine_alone(server):
    assert server._socket.getsockname()[0] == "127.0.0.1"


def test_answers_do_not_wait_for_acknowledgements(server):
    """Each of the many small pictures would come 40 ms late; the quickest of 20 tells."""
    netloc, path = parts_of(server)
    line = http.client.HTTPConnection(netloc)
    seconds = []
    for _ in range(20):
        start = time.monotonic()
        line.request("GET", f"{path}api/row/0/thumb.jpg")
        line.getresponse().read()
        seconds.append(time.monotonic() - start)
    line.close()
    assert min(seconds) < 0.03


def test_a_port_that_is_taken(workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"The port {port} cannot be had"):
            Server(workspace, port)


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[]", b"3", b"[" * 5000, b"\xff"])
def test_bodies_that_are_no_object(api, content):
    assert api("decide", content).status == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_another_site_could_not_send_json(api, kind):
    assert api("undo", b'{"window": "w"}', content_type=kind).status == 400


GOOD = {"rows": [0], "seen": [0], "do": "label", "value": "anger", "window": "w"}


@pytest.mark.parametrize(
    "change",
    [
        {"rows": [999]},
        {"rows": [-1]},
        {"rows": [0.5]},
        {"rows": [True]},
        {"rows": "0"},
        {"rows": []},
        {"seen": [0, 0]},
        {"seen": None},
        {"do": "undo"},
        {"do": "fly"},
        {"do": ["label"]},
        {"value": "<b>"},
        {"value": "fear"},
        {"value": None},
        {"value": 3},
        {"do": "confirm"},
        {"do": "face", "value": [1, 2, 3]},
        {"do": "face", "value": [0, 0, "9", 9]},
        {"do": "face", "value": [0, 0, 1, 1]},
        {"do": "face", "value": [0, 0, 1e30, 50]},
        {"window": ""},
        {"window": None},
        {"window": "w" * 1000},
    ],
)
def test_decisions_that_make_no_sense_are_not_written(api, workspace, change):
    assert api("decide", GOOD | change).status == 400
    assert not workspace.journal.entries


def test_nan_is_no_place_of_a_face(api, workspace):
    sent = json.dumps(GOOD | {"do": "face", "value": [0, 0, 9, float("nan")]}).encode()
    assert api("decide", sent).status == 400


def test_too_much_is_refused_before_it_is_read(server):
    netloc, token = parts_of(server)
    head = (
        f"POST {token}api/{{}} HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: {{}}\r\n\r\n"
    )
    assert raw(server, head.format("undo", 1 << 20)).split()[1] == "413"
    assert raw(server, head.format("photo", PHOTO_BYTES + 1)).split()[1] == "413"
    assert raw(server, head.format("live", LIVE_BYTES + 1)).split()[1] == "413"
    chunked = f"POST {token}api/undo HTTP/1.1\r\nHost: {netloc}\r\n"
    chunked += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += f"{1 << 17:x}\r\n{'x' * (1 << 17)}\r\n0\r\n\r\n"
    assert raw(server, chunked).split()[1] == "413"


def test_a_request_that_does_not_go_on_is_given_up(server, monkeypatch):
    monkeypatch.setattr("fer_classic.page.guard.PATIENCE", 0.3)
    netloc, token = parts_of(server)
    head = f"POST {token}api/photo HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: 99\r\n\r\n"
    assert raw(server, head + "begin").split()[1] == "408"


@pytest.mark.parametrize("length", ["-1", "+5", "1e3", "0x10", "9" * 5000, "\xb2", "5, 6"])
def test_lengths_that_make_no_sense(server, length):
    netloc, token = parts_of(server)
    head = f"POST {token}api/undo HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: {length}"
    said = raw(server, f"{head}\r\n\r\n")
    assert not said or said.split()[1] in ("400", "413")
    assert (
        raw(server, f"GET {token} HTTP/1.1\r\nHost: {netloc}\r\n\r\n").split()[1] == "200"
    )


def test_rows_and_all_that_is_known_of_one(api, shown):
    rows = api("rows").json
    assert rows["names"][0] == EVIL and len(rows["label"]) == 24 and rows["decisions"] == {}
    found = api("row/3").json
    assert found["box"] == shown.faces.boxes[3].astype(float).round(1).tolist()
    assert found["probabilities"] == shown.probabilities[3].tolist()
    assert len(found["points"]) == 68 and min(found["size"]) > 50


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("thumb.jpg", (128, 128)),
        ("photo.jpg", None),
        ("face.png", (64, 64)),
        ("heat.png", (256, 256)),
    ],
)
def test_pictures_are_made_anew(api, path, size):
    found = api(f"row/1/{path}")
    assert (
        found.headers["content-type"]
        == f"image/{'png' if path.endswith('png') else 'jpeg'}"
    )
    with Image.open(io.BytesIO(found.content)) as image:
        assert size is None or image.size == size
        assert "exif" not in image.info


def test_why_sums_up(api):
    found = api("row/1/why").json
    assert found["method"] in ("shap", "occlusion") and len(found["regions"]) >= 4
    assert all(isinstance(value, float) for _, value in found["families"])


def test_neighbours_are_other_pictures(api):
    near = api("row/2/near").json
    assert len(near) == 8 and 2 not in [row for row, _ in near]
    assert all(0 <= like <= 1 for _, like in near)


def test_a_decision_is_on_the_disk_before_the_answer(api, workspace):
    answer = api("decide", GOOD).json
    assert answer["rows"]["0"]["label"] == 0 and answer["entries"] == 1
    line = workspace.journal.path.read_bytes().splitlines()[-1]
    assert json.loads(line)["pictures"][0][0] == EVIL
    assert api("changes/0").json["rows"]["0"]["label"] == 0
    assert api("changes/1").json["rows"] == {}
    late = api("decide", GOOD | {"value": "sadness", "window": "two"})
    assert late.status == 409 and "another window" in late.json["error"]
    assert api("undo", {"window": "two"}).json["rows"] == {}
    assert api("undo", {"window": "w"}).json["rows"]["0"]["label"] == -1


def test_before_anything_is_loaded(model, tmp_path):
    space = Workspace(model, [], model.settings)
    with Server(space) as server:
        assert ask(f"{server.address}api/state").json["inputs"] is False
        for path in ("rows", "row/0", "changes/0"):
            assert ask(f"{server.address}api/{path}").status == 422


def jpeg_of(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="JPEG")
    return out.getvalue()


def test_every_face_of_a_photograph(api):
    from skimage import data

    face = data.astronaut()
    found = api("photo", jpeg_of(np.concatenate([face, face], axis=1))).json
    assert (found["width"], found["height"]) == (1024, 512) and len(found["faces"]) >= 2
    for own in found["faces"]:
        assert own["status"] == "face" and abs(sum(own["probabilities"]) - 1) < 1e-6
        assert len(own["points"]) == 68
    name = found["name"]
    assert api(f"photo/{name}/photo.jpg").status == 200
    assert api(f"photo/{name}/1/why").json["chosen"] in range(5)
    assert api(f"photo/{name}/1/heat.png").status == 200
    assert api(f"photo/{name}/99/face.png").status == 400
    assert api("photo/unknown/photo.jpg").status == 400


def test_a_photograph_without_a_face_is_answered_as_a_whole(api):
    found = api("photo", jpeg_of(np.full((60, 90), 128, np.uint8))).json
    assert [own["status"] for own in found["faces"]] == ["no_face"]


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.4", b"GIF89a", b"\xff\xd8\xff\xe0" + b"\0" * 99]
)
def test_what_is_no_photograph_gets_a_sentence(api, content):
    found = api("photo", content)
    assert found.status == 422 and "\n" not in found.json["error"] and found.json["error"]


def test_only_a_few_photographs_are_held(api):
    names = [
        api("photo", jpeg_of(np.full((40, 40), i, np.uint8))).json["name"] for i in range(8)
    ]
    assert api(f"photo/{names[0]}/photo.jpg").status == 400
    assert api(f"photo/{names[-1]}/photo.jpg").status == 200


def test_a_photograph_that_changed_is_not_shown(model, demo_folder, tmp_path):
    import shutil

    from tests.page.conftest import collection_of

    folder = tmp_path / "set"
    shutil.copytree(demo_folder / "test", folder)
    made = collection_of(folder)
    journal = Journal(tmp_path / "j")
    space = Workspace(model, ["set"], model.settings, journal, jobs=1)
    space.show(made)
    (folder / made.faces.names[0]).write_bytes(b"changed")
    (folder / made.faces.names[1]).unlink()
    for row, other in ((2, folder / made.faces.names[5]), (3, "/etc/passwd")):
        (folder / made.faces.names[row]).unlink()
        (folder / made.faces.names[row]).symlink_to(other)
    reasons = {0: "has changed", 1: "No such file", 2: "has changed", 3: "has changed"}
    with Server(space) as server:
        for row, reason in reasons.items():
            found = ask(f"{server.address}api/row/{row}/photo.jpg")
            assert found.status == 422 and reason in found.json["error"]
            assert ask(f"{server.address}api/row/{row}").json["size"] is None


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_command_serves_until_it_is_told_to_end(
    number, code, demo_folder, model_folder, tmp_path
):
    line = [
        sys.executable,
        "-m",
        "fer_classic.cli",
        "page",
        demo_folder / "test",
        "--jobs",
        "1",
    ]
    line += [
        "--no-browser",
        "--model",
        model_folder,
        "--journal",
        tmp_path / "labels.jsonl",
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(list(map(str, line)), text=True, **pipes)
    try:
        address = process.stdout.readline().strip()
        end = time.monotonic() + 90
        while ask(f"{address}api/state").json["progress"]["step"] != "ready":
            assert time.monotonic() < end
            time.sleep(0.2)
        assert len(ask(f"{address}api/rows").json["names"]) == 24
        process.send_signal(number)
        assert process.wait(20) == code
        assert "error" not in process.stderr.read() or code
    finally:
        process.kill()


def test_without_its_packages_the_command_says_what_to_install():
    code = (
        "import sys; sys.modules['starlette'] = None; sys.argv = ['fer-classic', 'page']\n"
        "from fer_classic.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "fer-classic: error: The page needs two more packages: pip"
    )
