"""Votes of several annotators."""

import numpy as np
import pytest

from fer_classic.data.dataset import read_dataset
from fer_classic.data.labels import EIGHT, FIVE
from fer_classic.data.manifest import read_csv
from fer_classic.data.voted import rows_of_votes, training_shares, with_majority
from fer_classic.data.votes import (
    is_votes_header,
    is_votes_table,
    read_votes,
    votes_from,
)
from fer_classic.errors import FerClassicError

TABLE = """path,anger,happy,neutral,sadness,surprise,fear,unknown,not_a_face
train/a_1.jpg,6,0,4,0,0,0,0,0
train/a_2.jpg,4,0,4,2,0,0,0,0
train/a_3.jpg,1,0,2,0,0,0,7,0
train/a_4.jpg,1,0,1,0,0,8,0,0
train/a_5.jpg,0,0,0,3,4,3,0,0
val/a_1.jpg,0,9,1,0,0,0,0,0
"""
FER_PLUS = """Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,\
contempt,unknown,NF
Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0
Training,,0,0,0,0,0,0,0,0,0,10
PublicTest,fer0028638.png,0,10,0,0,0,0,0,0,0,0
"""


@pytest.fixture
def votes():
    return votes_from(TABLE.encode(), "votes.csv")


@pytest.fixture
def samples(tmp_path):
    """Images a_1 to a_6, all labelled anger by their folder."""
    folder = tmp_path / "anger"
    folder.mkdir()
    for number in range(1, 7):
        (folder / f"a_{number}.jpg").write_bytes(b"x")
    return read_dataset(tmp_path)


def test_a_table_of_class_names_is_read(votes):
    assert len(votes) == 6
    assert votes.answers[1] == "happiness"
    assert votes.lines == (2, 3, 4, 5, 6, 7)
    assert [votes.answers[i] if i >= 0 else None for i in votes.top()] == [
        *("anger", None, "unknown", "fear", "surprise", "happiness"),
    ]


def test_the_layout_of_fer_plus_is_read():
    votes = votes_from(FER_PLUS.encode(), "fer2013new.csv")
    assert votes.names == ("fer0000000.png", "fer0028638.png")
    assert votes.lines == (2, 4)
    assert votes.answers == (*EIGHT.names, "unknown", "not a face")
    np.testing.assert_allclose(votes.shares(EIGHT)[0][:5], [0.4, 0, 0, 0.1, 0.3])
    np.testing.assert_allclose(votes.shares(FIVE)[0], [0.375, 0, 0.5, 0.125, 0])


def test_entropy_is_in_bits():
    votes = votes_from(b"file,anger,sad\na.png,5,5\nb.png,1,0\n", "v.csv")
    np.testing.assert_allclose(votes.entropy(), [1, 0], atol=1e-12)


def test_a_header_of_votes_names_images_and_two_expressions():
    assert is_votes_header(["Image name", "Angry", "Happy"])
    assert not is_votes_header(["path", "label", "happy"])
    assert not is_votes_header(["anger", "happy"])


def test_the_folder_that_fits_most_images_is_meant(votes):
    assert rows_of_votes(["a_1.jpg", "a_2.jpg", "b.jpg"], votes).tolist() == [0, 1, -1]
    assert rows_of_votes(["val/a_1.jpg", "train/a_1.jpg"], votes).tolist() == [5, 0]


def test_votes_for_none_of_the_images_are_an_error(votes):
    with pytest.raises(FerClassicError, match=r"none of the 1 images.*\(line 2\).*'b.jpg'"):
        rows_of_votes(["b.jpg"], votes)


def test_majorities_become_labels(votes, samples):
    judged = with_majority(samples, votes)
    assert judged.labels.tolist() == [0, -1, -1, -1, 4, 0]
    assert judged.problems == (
        *(None, "tie of votes", "majority unknown", "class fear", None, None),
    )


def test_shares_mix_labels_and_votes(votes, samples):
    rows, shares = training_shares(samples, votes, 0.5)
    assert rows.labels.tolist() == [0, 0, -1, -1, 0, 0]
    np.testing.assert_allclose(shares[0], [0.8, 0, 0.2, 0, 0])
    np.testing.assert_allclose(shares[1], [0.7, 0, 0.2, 0.1, 0])
    np.testing.assert_allclose(shares[5], [1, 0, 0, 0, 0])  # no votes: its label
    assert rows.problems[2:4] == ("majority unknown", "votes for other classes")
    assert not shares[2:4].any()


def test_votes_alone_give_a_class_to_images_of_other_classes(votes, samples):
    import dataclasses

    other = dataclasses.replace(samples, labels=np.full(len(samples), -1))
    rows, shares = training_shares(other, votes, 0.3)
    np.testing.assert_allclose(shares[4], [0, 0, 0, 3 / 7, 4 / 7])
    assert rows.labels[5] == -1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("6,0,4", "-6,0,4", "line 2: the votes for anger must be .*Got '-6'"),
        ("6,0,4", "6,many,4", "line 2: the votes for happiness must be .*'many'"),
        ("6,0,4", "nan,0,4", "line 2: the votes for anger"),
        ("6,0,4", "6,0,4,1", "line 2: 10 cells under a header of 9"),
        ("6,0,4,0", "0,0,0,0", "line 2: train/a_1.jpg has no vote at all"),
        ("train/a_2.jpg", "train/a_1.jpg", "line 3: train/a_1.jpg has votes in line 2"),
        ("train/a_2.jpg", "", "line 3: the path is empty"),
        ("path,", "wo,", "no column of image paths: its header is wo, anger"),
        ("sadness,", "happiness,", "two columns for happiness"),
    ],
)
def test_bad_tables_are_named_with_their_line(old, new, message):
    with pytest.raises(FerClassicError, match=f"votes.csv.*{message}"):
        votes_from(TABLE.replace(old, new, 1).encode(), "votes.csv")


def test_tables_without_classes_or_rows_are_refused(tmp_path):
    with pytest.raises(FerClassicError, match="votes for anger: its header is path, anger"):
        votes_from(b"path,anger\na.jpg,1\n", "v.csv")
    with pytest.raises(FerClassicError, match="no column of image paths"):
        votes_from(b"", "v.csv")
    with pytest.raises(FerClassicError, match="for no image: a header and no rows"):
        votes_from(b"path,anger,sad\n", "v.csv")
    with pytest.raises(FerClassicError, match="not UTF-8"):
        votes_from("path,anger,sad\nä,1,0\n".encode("latin-1"), "v.csv")
    with pytest.raises(FerClassicError, match="cannot be read: No such file"):
        read_votes(tmp_path / "absent.csv")


def test_votes_as_spreadsheets_write_them(tmp_path):
    text = "sep=;\nBild;anger;happiness;neutral;;\na.jpg;0,5;0;0,5;;\nb.jpg;1;0;0;;\n"
    path = tmp_path / "v.csv"
    path.write_bytes(("\ufeff" + text).encode("utf-16"))
    votes = read_votes(path)
    assert votes.names == ("a.jpg", "b.jpg") and votes.lines == (3, 4)
    assert votes.answers == ("anger", "happiness", "neutral")
    assert votes.counts.tolist() == [[0.5, 0, 0.5], [1, 0, 0]]
    assert is_votes_table(path)


def test_the_column_of_names_is_that_of_a_manifest():
    """Of two columns that may hold names, that whose cells are names of images."""
    data = b"file,image,anger,happy\n1,a.jpg,1,2\n2,b.jpg,2,0\n"
    assert votes_from(data, "v.csv").names == ("a.jpg", "b.jpg")
    rows = read_csv(data, "v.csv", str)
    assert [row["expression"] for row in rows] == ["happiness", "anger"]


def test_the_smallest_shares_are_shares():
    votes = votes_from(b"path,anger,happy\na.jpg,5e-324,0\n", "v.csv")
    assert votes.shares(EIGHT)[0].tolist().count(1) == 1
