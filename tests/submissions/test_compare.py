"""Comparing result files, against scikit-learn and statsmodels, and as a user does it."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from fer_classic.data.labels import FIVE, SEVEN
from fer_classic.errors import FerClassicError
from fer_classic.submissions.compare import compare, differing
from fer_classic.submissions.truth import Matched, Truth, read_truth, result_names

N = 400
NAMES = tuple(f"p{i // 4:03d}/{i:04d}.jpg" for i in range(N))


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Truth and three results, with their codes: (folder, truth, codes by name)."""
    folder = tmp_path_factory.mktemp("case")
    random = np.random.default_rng(0)
    truth = random.choice(5, N, p=(0.1, 0.4, 0.3, 0.1, 0.1))
    codes = {}
    for name, right in (("good", 0.8), ("bad", 0.6), ("worse", 0.55)):
        wrong = (truth + random.integers(1, 5, N)) % 5
        codes[name] = np.where(random.random(N) < right, truth, wrong)
    codes["bad"][:10] = -1
    shares = np.full((N, 5), 0.1)
    shares[np.arange(N), codes["good"]] = 0.6
    with open(folder / "good.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", *FIVE.names])
        for row in range(N):
            label = FIVE.names[codes["good"][row]]
            writer.writerow([NAMES[row], label, *shares[row].tolist()])
    records = [
        {"filename": NAMES[i], "label": int(codes["bad"][i])}
        for i in range(N)
        if codes["bad"][i] >= 0
    ]
    (folder / "bad.json").write_text(json.dumps(records))
    words = [FIVE.names[code] for code in codes["worse"]]
    (folder / "worse.json").write_text(json.dumps(dict(zip(NAMES, words, strict=True))))
    rows = [f"{n},{FIVE.names[c]}\n" for n, c in zip(NAMES, truth, strict=True)]
    (folder / "truth.csv").write_text("file,label\n" + "".join(rows))
    return folder, truth, codes


@pytest.fixture(scope="module")
def found(case):
    folder = case[0]
    truth = read_truth(folder / "truth.csv", FIVE, "^(p[0-9]+)/")
    return compare([folder / f for f in ("good.csv", "bad.json", "worse.json")], truth)


def test_scores_equal_scikit_learn(case, found):
    from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, recall_score

    _, truth, codes = case
    assert found["truth"]["images"] == N
    assert found["truth"]["classes"] == dict(
        zip(FIVE.names, np.bincount(truth).tolist(), strict=True)
    )
    for result in found["results"]:
        own, scores = codes[result["name"]], result["scores"]
        recalls = recall_score(truth, own, labels=range(5), average=None)
        assert scores["accuracy"]["value"] == pytest.approx((own == truth).mean())
        assert scores["balanced_accuracy"]["value"] == pytest.approx(recalls.mean())
        f1 = f1_score(truth, own, labels=range(5), average="macro")
        assert scores["macro_f1"]["value"] == pytest.approx(f1)
        for score in ("balanced_accuracy", "accuracy", "macro_f1"):
            value = scores[score]
            assert value["low"] < value["value"] < value["high"]
        for name, recall in zip(FIVE.names, recalls, strict=True):
            assert scores["per_class"][name]["recall"]["value"] == pytest.approx(recall)
        answered = own >= 0
        assert result["answered"] == answered.sum()
        assert np.sum(result["confusion"]) == answered.sum()
        assert result["confusion"][1][1] == ((truth == 1) & (own == 1)).sum()
    good = codes["good"]
    assert balanced_accuracy_score(truth, good) == pytest.approx(
        found["results"][0]["scores"]["balanced_accuracy"]["value"]
    )
    shares = np.full((N, 5), 0.1)
    shares[np.arange(N), good] = 0.6
    assert found["results"][0]["scores"]["log_loss"] == pytest.approx(
        log_loss(truth, shares)
    )
    assert "log_loss" not in found["results"][1]["scores"]


def test_pairs_equal_statsmodels(case, found):
    from sklearn.metrics import cohen_kappa_score
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.multitest import multipletests

    _, truth, codes = case
    assert [(p["a"], p["b"]) for p in found["pairs"]] == [
        *(("good", "bad"), ("good", "worse"), ("bad", "worse"))
    ]
    for pair in found["pairs"]:
        a, b = codes[pair["a"]], codes[pair["b"]]
        table = [
            [((a == truth) & (b == truth)).sum(), ((a == truth) & (b != truth)).sum()],
            [((a != truth) & (b == truth)).sum(), ((a != truth) & (b != truth)).sum()],
        ]
        test = pair["mcnemar"]
        assert [test["only_a"], test["only_b"]] == [table[0][1], table[1][0]]
        exact = test["method"] == "exact"
        expected = mcnemar(table, exact=exact, correction=True).pvalue
        assert test["p"] == pytest.approx(expected)
        assert pair["kappa"] == pytest.approx(cohen_kappa_score(a, b))
        assert pair["agreement"] == pytest.approx((a == b).mean())
        right = (a == truth) | (b == truth)
        assert pair["oracle"] == pytest.approx(right.mean())
        classes = [right[truth == c].mean() for c in range(5)]
        assert pair["oracle_balanced"] == pytest.approx(np.mean(classes))
    p = [pair["difference"]["p"] for pair in found["pairs"]]
    expected = multipletests(p, method="holm")[1]
    np.testing.assert_allclose([pair["p_holm"] for pair in found["pairs"]], expected)


def test_groups_make_the_intervals_of_whole_persons(case):
    folder = case[0]
    paths = [folder / "good.csv", folder / "worse.json"]
    plain = compare(paths, read_truth(folder / "truth.csv", FIVE))
    grouped = compare(paths, read_truth(folder / "truth.csv", FIVE, "^(p[0-9]+)/"))
    one, other = plain["pairs"][0]["difference"], grouped["pairs"][0]["difference"]
    assert one["value"] == other["value"] and one["low"] != other["low"]


def test_missing_images_are_wrong_and_named(found, case):
    bad = found["results"][1]
    assert bad["missing"] == list(NAMES[:10])
    assert (bad["extra"], bad["double"], bad["outside"], bad["notes"]) == ([], [], 0, [])


def written(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def truth_of_names(names, codes, classes=FIVE):
    return Truth(tuple(names), np.array(codes), None, classes)


def test_extra_double_outside_and_unlabelled(tmp_path):
    truth = truth_of_names(["a.jpg", "b.jpg", "c.jpg", "d.jpg"], [0, 1, 2, -1])
    path = tmp_path / "r.json"
    path.write_text('{"a": "sad", "x/b": "fear", "z": 1, "a.jpg": 0, "d.jpg": 1}')
    found = compare([path], truth)
    own = found["results"][0]
    assert found["truth"] == {
        "images": 3,
        "classes": {"anger": 1, "happiness": 1, "neutral": 1, "sadness": 0, "surprise": 0},
        "unlabelled": 1,
    }
    assert own["missing"] == ["c.jpg"]
    assert own["extra"] == ["z"]
    assert own["double"] == ["a.jpg"]
    assert (own["outside"], own["answered"]) == (1, 1)
    assert own["confusion"][0] == [0, 0, 0, 1, 0]  # the first answer for a.jpg counts
    assert own["scores"]["per_class"]["sadness"]["recall"]["value"] is None
    assert own["scores"]["balanced_accuracy"]["value"] == 0
    assert (found["pairs"], found["differing"]) == ([], [])
    json.dumps(found, allow_nan=False)


def test_names_that_fit_several_images_are_told(tmp_path):
    truth = truth_of_names(["a/1.jpg", "b/1.jpg"], [0, 1])
    path = written(tmp_path / "r.json", {"1.jpg": 0, "/home/me/b/1.jpg": 1})
    own = compare([path], truth)["results"][0]
    assert own["extra"] == ["1.jpg"] and own["missing"] == ["a/1.jpg"]
    assert own["notes"] == [
        "1 name(s) fit several images, such as 1.jpg: write them with folder and extension"
    ]


def test_a_result_of_other_images(tmp_path):
    path = written(tmp_path / "r.json", {"x.jpg": 0})
    with pytest.raises(FerClassicError) as error:
        compare([path], truth_of_names(["a.jpg"], [0]))
    assert str(error.value) == (
        f"{path} names none of the images with a true label. It names x.jpg; the truth "
        "names a.jpg."
    )


def test_a_result_that_answers_nothing(tmp_path):
    path = written(tmp_path / "r.json", {"a.jpg": {"mood": "fine"}, "b.jpg": []})
    with pytest.raises(FerClassicError, match="holds no answer that is understood: neith"):
        compare([path], truth_of_names(["a.jpg", "b.jpg"], [0, 1]))


def test_seven_class_results_on_five_classes(tmp_path):
    """An answer outside is the best within where there are scores, else wrong."""
    truth = truth_of_names(["a", "b"], [3, 1])
    scored = {"a": {"fear": 0.6, "sad": 0.3, "happy": 0.1}, "b": {"happy": 0.9, "sad": 0.1}}
    one = written(tmp_path / "scored.json", scored)
    other = written(tmp_path / "named.json", {"a": "fear", "b": "happy"})
    found = compare([one, other], truth)
    assert [own["answered"] for own in found["results"]] == [2, 1]
    assert [own["outside"] for own in found["results"]] == [0, 1]
    assert found["differing"] == [
        {"file": "a", "truth": "sadness", "answers": {"scored": "sadness", "named": None}}
    ]


def matched(name, codes, probabilities=None):
    return Matched(name, name, np.array(codes), probabilities, {})


def test_the_order_of_differing_images():
    truth = truth_of_names("abcdef", [0, 0, 0, 0, 0, -1])
    shares = np.full((6, 5), 0.1)
    shares[:, 0] = (0.6, 0.6, 0.6, 0.6, 0.9, 0.6)
    results = [
        matched("one", [0, 0, 0, 1, 0, 0], shares),
        matched("two", [0, 1, 1, 2, 1, 1]),
        matched("three", [0, 2, 1, 3, 1, 2]),
        matched("four", [0, 0, 0, 4, 0, 3], shares),
    ]
    number, rows = differing(results, truth, 10)
    # b: two of four right, three answers; e and c: two answers, e the surer; d: none right.
    assert (number, rows.tolist()) == (4, [1, 4, 2, 3])
    assert differing(results, truth, 2)[1].tolist() == rows[:2].tolist()
    assert differing(results[:1], truth, 2)[0] == 0


def test_names_of_results():
    assert result_names(["a/x.json", "y.csv"]) == ["x", "y"]
    assert result_names(["a/x.json", "b/x.csv", "y.csv"]) == ["a/x", "b/x", "y"]
    assert result_names(["a/x.json", "a/x.csv", "a/x.json"]) == [
        *("a/x", "a/x (2)", "a/x (3)")
    ]


def test_truth_from_tables(tmp_path):
    path = written(tmp_path / "t.json", [{"img": "a.jpg", "y": 3}, {"img": "b", "y": 7}])
    with pytest.raises(FerClassicError, match="has the label 7; `classes` five has the"):
        read_truth(path, FIVE)
    path = written(
        tmp_path / "t.json", [{"img": "a.jpg", "y": 3.0}, {"img": "b", "y": "x"}]
    )
    found = read_truth(path, FIVE)
    assert found.names == ("a.jpg", "b") and found.labels.tolist() == [3, -1]
    assert found.notes == (
        f"{path}: not scored, unknown label 'x' (1)",
        f"{path}: numbers are read as the codes of `classes` five (0 anger, 1 happiness, "
        "2 neutral, 3 sadness, 4 surprise); `labels` names others",
    )
    path = tmp_path / "t.csv"
    path.write_text("path,emotion\na.jpg,fear\nb.jpg,6\nc.jpg,\n")
    found = read_truth(path, SEVEN, "^(.)")
    assert found.labels.tolist() == [2, 6, -1] and found.groups.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("file,label\na,sad\na,happy\n", " names images twice, with different labels: a."),
        (
            "file,label\na,hungry\nb,hapines\n",
            " gives no image a class of anger, happiness, neutral, sadness, surprise: "
            "unknown label 'hungry' (1), unknown label 'hapines' (nearest: happiness) (1).",
        ),
        (
            "file,label\na,\n",
            " gives no image a class of anger, happiness, neutral, sadness, surprise.",
        ),
    ],
)
def test_refused_truth(tmp_path, text, end):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(FerClassicError) as error:
        read_truth(path, FIVE)
    assert str(error.value) == f"{path}{end}"


def test_a_code_that_no_class_has_is_refused_and_whose_it_may_be_is_told(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("file,label\na,1\nb,4\nc,5\n")
    with pytest.raises(FerClassicError) as error:
        read_truth(path, FIVE)
    assert str(error.value).startswith(
        f"{path} has the label 5; `classes` five has the codes 0 anger, 1 happiness, 2 "
        "neutral, 3 sadness, 4 surprise. They may be those of RAF-DB (1 surprise, 2 fear, "
    )
    assert "`labels` 1=anger,2=happiness,3=neutral,4=sadness,5=sur" in str(error.value)
    found = read_truth(path, FIVE, labels="rafdb")
    assert found.labels.tolist() == [4, 1, 3]
    found = read_truth(path, FIVE, labels="1=sad,4=none,5=joy")
    assert found.labels.tolist() == [3, -1, 1]


# As a user runs it.


def test_text_says_what_was_compared(cli, case):
    folder = case[0]
    files = [folder / f for f in ("good.csv", "bad.json", "worse.json")]
    code, out, err = cli("compare", *files, "--truth", folder / "truth.csv", "--show", 3)
    assert (code, err) == (0, "")
    assert out.startswith("400 images with a true label (anger ")
    assert "Recall by class" in out and "good - worse" in out
    assert "Images on which they differ most (3 of " in out
    listed = ", ".join(NAMES[:10])
    assert out.endswith(
        f"\n- bad: 10 image(s) of the truth are missing and count as wrong: {listed}\n"
    )


def test_json_and_the_file_hold_the_same(cli, case, tmp_path):
    folder, out_file = case[0], tmp_path / "comparison.json"
    arguments = ["compare", folder / "good.csv", folder / "worse.json", "--truth"]
    arguments += [folder / "truth.csv", "--format", "json", "--out", out_file]
    code, out, err = cli(*arguments)
    assert (code, err) == (0, f"comparison: {out_file}\n")
    assert out == out_file.read_text()
    found = json.loads(out)
    assert [own["name"] for own in found["results"]] == ["good", "worse"]
    assert len(found["differing"]) == 20
    code, _, err = cli(*arguments)
    assert code == 2 and "exists" in err
    assert cli(*arguments, "--overwrite")[0] == 0


def test_markdown_is_a_table_that_readers_take(cli, case):
    folder = case[0]
    files = [folder / "good.csv", folder / "worse.json"]
    out = cli("compare", *files, "--truth", folder / "truth.csv", "--format", "md")[1]
    lines = [line for line in out.splitlines() if line.startswith("|")]
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter="|"))
    assert ["---" in row[1] for row in rows].count(True) == 4
    assert "## Pairs" in out and out.count("| good - worse |") == 1


def test_truth_from_labelled_images_as_score_takes_it(cli, demo_folder, tmp_path):
    names = sorted(own.name for own in (demo_folder / "test").iterdir())
    answers = [{"filename": name, "label": i % 5} for i, name in enumerate(names)]
    path = written(tmp_path / "s.json", answers)
    truth = demo_folder / "test"
    scored = json.loads(cli("score", path, "--truth", truth, "--format", "json")[1])
    code, out, _ = cli("compare", path, "--truth", truth, "--format", "json")
    own = json.loads(out)["results"][0]
    assert code == 0
    assert own["scores"]["balanced_accuracy"] == scored["balanced_accuracy"]
    assert own["scores"]["macro_f1"] == scored["macro_f1"]
    assert own["confusion"] == scored["confusion"]


def test_a_manifest_with_groups_is_truth_too(cli, tmp_path):
    for name in ("a", "b", "c"):
        Image.new("L", (9, 9)).save(tmp_path / f"{name}.png")
    (tmp_path / "m.csv").write_text("path,label,person\na.png,sad,1\nb.png,happy,1\n")
    path = written(tmp_path / "r.json", {"a": 3, "b": 3})
    code, out, _ = cli("compare", path, "--truth", tmp_path / "m.csv", "--format", "json")
    assert code == 0
    recall = json.loads(out)["results"][0]["scores"]["balanced_accuracy"]
    assert recall == {"value": 0.5, "low": 0.5, "high": 0.5}  # one person, one draw


@pytest.mark.parametrize(
    ("arguments", "words", "exit_code"),
    [
        (["r.json"], "Missing option '--truth'", 2),
        (["--truth", "t.csv"], "Missing argument", 2),
        (["r.json", "--truth", "t.csv", "--format", "xml"], "one of {text, json, md}", 2),
        (["r.json", "--truth", "t.csv", "--show", "-1"], "Invalid value for '--show'", 2),
        (["no.json", "--truth", "t.csv"], "no.json cannot be read: No such file", 1),
        (["r.json", "--truth", "no.csv"], "There is no file or folder 'no.csv'", 1),
        (["r.json", "--truth", "no.json"], "no.json cannot be read: No such file", 1),
        (["r.json", "--truth", "t.csv", "--groups", "("], "not a regular expression", 2),
    ],
)
def test_wrong_use(cli, tmp_path, monkeypatch, arguments, words, exit_code):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "r.json", {"a": 0})
    (tmp_path / "t.csv").write_text("file,label\na,0\n")
    code, out, err = cli("compare", *arguments)
    assert (code, out) == (exit_code, "")
    assert words in " ".join(err.split()), err
