"""The code of docs/python.md runs as it stands there."""

import re
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

import fer_classic

PAGE = Path(fer_classic.__file__).parents[1] / "docs" / "python.md"


def test_the_page_runs(demo_folder, tmp_path, monkeypatch, capsys):
    face = Image.fromarray(skimage.data.astronaut()).crop((130, 0, 330, 220))
    picture = Image.new("RGB", (700, 420), (90, 90, 90))
    picture.paste(face, (20, 60))
    picture.paste(face.resize((330, 363)), (340, 30))
    picture.save(tmp_path / "group.jpg", quality=95)
    monkeypatch.chdir(tmp_path)
    paths = [
        str(path)
        for name in ("happiness", "neutral")
        for path in sorted(demo_folder.glob(f"train/{name}_*"))[:12]
    ]
    labels = np.array(["happiness" in Path(path).name for path in paths])
    names = {"paths": paths, "labels": labels}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len(blocks) >= 5
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    told = capsys.readouterr().out
    assert told.count("happiness") >= 4 and "group.jpg 2" in told
