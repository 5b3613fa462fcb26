"""A tour of the Python API, from photographs to statistics, in half a minute.

Usage: python scripts/tour.py [FOLDER]

FOLDER has ``train`` and ``test`` with labels in file names; without it, the synthetic
demonstration set is made. Every step says what it got. Read it from top to bottom.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import fer_classic as fc
from fer_classic.data.duplicates import duplicate_groups
from fer_classic.demo.generate import write_demo
from fer_classic.model.shipped import shipped_model
from fer_classic.scores.folds import cross_validate
from fer_classic.scores.paired import mcnemar, paired_difference
from fer_classic.scores.subsets import copies_of, judge
from fer_classic.submissions.write import default_submission


def look_at_data(folder):
    """Samples know names, labels and where their bytes are; nothing is decoded yet."""
    train, test = (fc.read_dataset(folder / part) for part in ("train", "test"))
    counts = np.bincount(train.labels, minlength=len(train.classes))
    counted = zip(train.classes.names, counts, strict=True)
    told = ", ".join(f"{n} {name}" for name, n in counted)
    print(f"data: {len(train)} training images ({told}), {len(test)} to predict")
    return train.training_part(), test


def find_faces(train, test):
    """One row an image, whatever became of it: crop, landmarks, box, status."""
    faces, tested = fc.extract_faces(train), fc.extract_faces(test)
    print(f"faces: crops {faces.crops.shape} {faces.crops.dtype}, ", end="")
    print(f"{faces.covered.sum()} of {len(faces)} with a face")
    groups = duplicate_groups(faces.digests, faces.hashes, faces.readable)
    print(f"copies: {len(faces) - len(np.unique(groups))} images repeat another one")
    return faces, tested


def compute_columns(faces):
    """Each family is a scikit-learn transformer; its columns have names."""
    hog = fc.HOGFeatures(cell=8).fit(faces.crops)
    X = hog.transform(faces.crops)
    print(f"HOG: {X.shape}, for example {hog.get_feature_names_out()[100]}")
    table = fc.compute_features(
        faces.crops, faces.landmarks, {"hog": {"cell": 16}, "geometry": {}}
    )
    print(f"table: {table.X.shape}, {table.family('geo').X.shape[1]} columns of geometry")
    return table


def cross_validate_columns(faces, table):
    """Balancing happens inside ``fit``; folds part neither copies nor persons."""
    y = np.array(faces.classes.names)[faces.labels]
    classifier = fc.ExpressionClassifier(balance="class_weight")
    chances, _ = cross_validate(classifier, table.X, y, n_folds=3)
    found = np.unique(y)[chances.argmax(axis=1)]
    print(f"3 folds with class weights: {np.mean(found == y):.1%} right")


def train_and_judge(faces, tested):
    """The whole recipe in one call, and scores with intervals on telling parts."""
    settings = fc.Settings().with_changes(balance="none", n_estimators=60)
    model = fc.train_model(faces, settings)
    predictions = fc.predict_faces(model, tested)
    scores = judge(predictions, tested, copied=copies_of(faces, tested))
    own = scores["all"]["balanced_accuracy"]
    low, high = own["low"], own["high"]
    print(f"trained: balanced accuracy {own['value']:.1%} ({low:.1%} to {high:.1%})")
    print("submission:", default_submission(predictions).splitlines()[1].strip(","))
    with tempfile.TemporaryDirectory() as folder:
        fc.save_model(model, folder)
        again = fc.predict_faces(fc.load_model(folder), tested)
    assert (again.probabilities == predictions.probabilities).all()
    return predictions


def compare_with_shipped(tested, mine):
    """Tell whether one model is better than another on the same images."""
    shipped = fc.load_model(shipped_model())
    theirs = fc.predict_faces(shipped, tested)
    truth = tested.labels
    change = paired_difference(truth, mine.labels, theirs.labels, len(tested.classes))
    test = mcnemar(mine.labels == truth, theirs.labels == truth)
    print(
        f"against the shipped model: {change['value'] * 100:+.1f} points "
        f"({change['low'] * 100:+.1f} to {change['high'] * 100:+.1f}), "
        f"McNemar {test['only_a']} to {test['only_b']}, p = {test['p']:.3f}"
    )


def main():
    """Walk through all steps."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(sys.argv[1]) if sys.argv[1:] else Path(work)
        if not sys.argv[1:]:
            write_demo(folder, train=160, test=60)
        faces, tested = find_faces(*look_at_data(folder))
        cross_validate_columns(faces, compute_columns(faces))
        compare_with_shipped(tested, train_and_judge(faces, tested))


if __name__ == "__main__":
    main()
