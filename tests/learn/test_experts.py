"""Kernel experts, alone and below the trees."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from fer_classic.errors import FerClassicError, UsageError
from fer_classic.files.checksums import write_seal
from fer_classic.learn.experts import (
    add_scores,
    experts_from_arrays,
    experts_to_arrays,
    fit_expert,
)
from fer_classic.model.predict import columns, predict_faces
from fer_classic.model.store import EXPERTS, load_model, save_model
from fer_classic.model.train import fold_groups, train_model
from fer_classic.settings import PRESETS, Settings, preset_settings, read_settings

EXPERT = {
    "features": {"sift": {"cells": [6]}, "fisher": {"gaussians": 3}, "geometry": {}},
    "weights": {"geometry": 0.25},
    "components": 20,
    "folds": 3,
}
UPRIGHT = {"crop": "upright", "features": {"hog": {"cell": 16}}, "components": 10}
QUICK = {
    "features": {"geometry": {}},
    "experts": [EXPERT, UPRIGHT | {"share": 0.5}],
    "classifier": {"n_estimators": 6, "colsample": 0.5},
}


@pytest.fixture(scope="module")
def stacked(train_faces):
    return train_model(train_faces, Settings.from_dict(QUICK), jobs=2)


def test_an_expert_learns(train_faces):
    expert, out_of_fold = fit_expert(train_faces, fold_groups(train_faces), EXPERT)
    assert np.mean(expert.scores(train_faces).argmax(axis=1) == train_faces.labels) > 0.9
    assert out_of_fold.shape == (80, 5)
    assert np.mean(out_of_fold.argmax(axis=1) == train_faces.labels) > 0.6


def test_degraded_crops_reach_the_kernel_and_not_the_embedding(train_faces):
    groups = fold_groups(train_faces)
    plain, _ = fit_expert(train_faces, groups, EXPERT)
    none, _ = fit_expert(train_faces, groups, EXPERT | {"degraded": 0})
    some, _ = fit_expert(train_faces, groups, EXPERT | {"degraded": 0.5})
    np.testing.assert_array_equal(plain.ridge.support_, none.ridge.support_)
    np.testing.assert_array_equal(plain.embedding.basis_, some.embedding.basis_)
    vectors = [own.ridge.support_ * own.ridge.step_ for own in (plain, some)]
    moved = np.abs(vectors[0] - vectors[1]) > 2 * plain.ridge.step_  # rounding aside
    assert 20 <= (moved.mean(axis=1) > 0.2).sum() <= 40  # of 80; some blur is weak


def test_an_expert_of_the_upright_crop_sees_it_alone(train_faces):
    groups = fold_groups(train_faces)
    expert, out_of_fold = fit_expert(train_faces, groups, UPRIGHT)
    swapped = replace(train_faces, crops=train_faces.upright)
    aligned, same = fit_expert(swapped, groups, UPRIGHT | {"crop": "aligned"})
    np.testing.assert_array_equal(out_of_fold, same)
    other = replace(train_faces, crops=np.zeros_like(train_faces.crops))
    np.testing.assert_array_equal(expert.scores(other), expert.scores(train_faces))
    np.testing.assert_array_equal(expert.scores(other), aligned.scores(swapped))
    assert not np.allclose(aligned.scores(train_faces), expert.scores(train_faces))


@pytest.mark.parametrize("family", ["sift", "geometry"])
def test_landmarks_do_not_lie_in_the_upright_crop(train_faces, family):
    odd = UPRIGHT | {"features": {"hog": {}, family: {}}}
    with pytest.raises(UsageError, match=f"cannot read landmarks, as {family} does: give"):
        fit_expert(train_faces, fold_groups(train_faces), odd)


def test_an_unknown_crop_is_named():
    with pytest.raises(UsageError, match=r"crop of an expert must be one of {aligned, up"):
        Settings.from_dict(QUICK | {"experts": [UPRIGHT | {"crop": "whole"}]})


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_of_degraded_crops_is_between_0_and_1(share):
    with pytest.raises(UsageError, match=f"degraded must be from 0 to 1. Got {share}"):
        Settings.from_dict(QUICK | {"experts": [EXPERT | {"degraded": share}]})


def test_scores_stand_before_the_named_columns(stacked):
    names = stacked.feature_names
    assert names[0] == "expert__anger" and names[4] == "expert__surprise"
    assert names[5].startswith("geo__") and len(set(names)) == len(names)


def test_scores_of_experts_are_added_each_by_its_share(stacked, train_faces):
    own = [expert.scores(train_faces) for expert in stacked.experts]
    X = columns(train_faces, stacked.settings, own).X
    np.testing.assert_allclose(X[:, :5], own[0] + 0.5 * own[1], atol=1e-6)
    np.testing.assert_array_equal(add_scores(own[:1], [EXPERT]), own[0])
    assert X.dtype == np.float32


@pytest.mark.parametrize("share", [0, -1])
def test_a_share_is_above_0(share):
    with pytest.raises(UsageError, match=f"share must be from 1e-06 to .* Got {share}"):
        Settings.from_dict(QUICK | {"experts": [UPRIGHT | {"share": share}]})


def test_a_saved_model_predicts_the_same(stacked, train_faces, tmp_path):
    save_model(stacked, tmp_path)
    loaded = load_model(tmp_path)
    mine, its = predict_faces(stacked, train_faces), predict_faces(loaded, train_faces)
    np.testing.assert_array_equal(mine.probabilities, its.probabilities)


def test_experts_that_no_checksum_vouches_for_are_not_read(stacked, tmp_path):
    save_model(stacked, tmp_path)
    seal = tmp_path / "SHA256SUMS"
    lines = seal.read_text().splitlines(keepends=True)
    seal.write_text("".join(line for line in lines if EXPERTS not in line))
    with pytest.raises(FerClassicError, match=f"it lacks {EXPERTS}"):
        load_model(tmp_path)


def test_the_seed_decides_whatever_the_threads(stacked, train_faces):
    again = train_model(train_faces, stacked.settings, jobs=1)
    np.testing.assert_allclose(
        predict_faces(stacked, train_faces).probabilities,
        predict_faces(again, train_faces).probabilities,
        atol=1e-6,
    )


def test_a_cross_validation_fits_experts_anew_in_each_fold(train_faces, monkeypatch):
    seen = []
    import fer_classic.model.fit as stack

    def noted(faces, *rest, **more):
        seen.append(set(faces.names))
        return fit_expert(faces, *rest, **more)

    monkeypatch.setattr(stack, "fit_expert", noted)
    settings = Settings.from_dict(QUICK | {"folds": 3, "experts": [EXPERT]})
    model = train_model(train_faces, settings, jobs=1)
    assert model.trained_on["cross_validation"]["folds"] == 3
    parts = seen[:3]
    assert all(len(part) < 80 for part in parts) and len(seen[3]) == 80
    assert set.union(*parts) == seen[3] and not set.intersection(*parts)


def test_damaged_experts_are_refused(stacked, tmp_path):
    save_model(stacked, tmp_path)
    arrays = experts_to_arrays(stacked.experts)
    whole = arrays["e0_kernel_whole_coefficients_"]
    for name, broken in (
        ("e0_kernel_columns_", arrays["e0_kernel_columns_"][:, :3]),
        ("e0_kernel_columns_", arrays["e0_kernel_columns_"].T),
        ("e1_embedding_step_", arrays["e1_embedding_step_"][:2]),
        ("e0_kernel_whole_coefficients_", None),
        ("e0_kernel_whole_coefficients_", whole.astype("f8")),
        ("e0_kernel_coefficient_step_", np.float32(np.nan)),
        ("e0_kernel_whole_coefficients_", whole[:, :2]),
        ("e0_embedding_basis_", np.asfortranarray(arrays["e0_embedding_basis_"])),
        ("e0_embedding_center_", arrays["e0_embedding_center_"][1:]),
        ("e0_fisher_variances_", -arrays["e0_fisher_variances_"]),
        ("e0_fisher_means_", arrays["e0_fisher_means_"][:1]),
        ("e0_sift_crop_size_", np.int64(10**15)),
        ("e0_geo_n_landmarks_", np.int64(5)),
        ("e7_kernel_step_", np.zeros(3, np.float32)),
    ):
        changed = arrays | {name: broken}
        kept = {key: value for key, value in changed.items() if value is not None}
        with open(tmp_path / EXPERTS, "wb") as file:
            np.savez(file, **kept)
        write_seal(tmp_path)
        with pytest.raises(FerClassicError, match="cannot be used"):
            load_model(tmp_path)
    (tmp_path / EXPERTS).unlink()
    with pytest.raises(FerClassicError, match=r"experts.npz is missing"):
        load_model(tmp_path)


def test_arrays_and_experts_go_both_ways(stacked, train_faces):
    arrays = experts_to_arrays(stacked.experts)
    assert all(isinstance(np.asarray(value), np.ndarray) for value in arrays.values())
    own = experts_from_arrays(arrays, stacked.settings.experts, 64, 5)
    for first, second in zip(stacked.experts, own, strict=True):
        np.testing.assert_array_equal(first.scores(train_faces), second.scores(train_faces))


def test_presets_are_settings_that_can_be_written_and_read():
    for name in PRESETS:
        settings = preset_settings(name, seed=3)
        assert Settings.from_dict(settings.to_dict()) == settings
        assert settings.seed == 3
    with pytest.raises(UsageError, match="Got 'best'"):
        preset_settings("best")


@pytest.mark.parametrize(
    ("expert", "message"),
    [
        ({"features": {"sift": {}}, "width": 3}, "'width'"),
        ({"features": {"sift": {}}, "gamma": 0}, "gamma must be from"),
        ({"features": {"sift": {}}, "components": 2.5}, "components must be a whole"),
        ({"gamma": 1.0}, "features of each of experts must be an object"),
    ],
)
def test_impossible_settings_of_experts_are_named(expert, message):
    with pytest.raises(UsageError, match=message):
        Settings.from_dict({"experts": [expert]})


def test_features_with_a_vocabulary_are_no_named_columns(train_faces):
    settings = replace(Settings(), features={"fisher": {}})
    with pytest.raises(FerClassicError, match="family of named columns"):
        train_model(train_faces, settings)


def test_the_command_line_takes_a_preset(cli, demo_folder, tmp_path):
    code, _, err = cli(
        "train", demo_folder / "train", "--out", tmp_path / "m", "--preset", "best"
    )
    assert code == 2 and "--preset must be one of {card, fast, accurate}" in err
    data, out = demo_folder / "train", tmp_path / "run"
    test = ("--test", demo_folder / "test", "--out", out, "-q")
    code, _, err = cli("run", data, *test, "--preset", "fast")
    assert code == 0, err
    settings = read_settings(out / "settings.json")
    assert settings == preset_settings("fast") and not settings.features
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "weigh the sum of their scores.</li>" in page
    code, _, err = cli("explain", next(test[1].iterdir()), "--model", out)
    assert code == 0, err
    code, _, err = cli(
        "features", data, "--settings", out / "settings.json", "--out", tmp_path / "f"
    )
    assert code == 2 and "Name at least one feature family of hog, lbp," in err
    assert not (tmp_path / "f").exists()
    (tmp_path / "none").write_text('{"features": {}}')
    code, _, err = cli("run", data, *test, "--overwrite", "--settings", tmp_path / "none")
    assert code == 2 and "Name at least one feature family of hog, lbp," in err


def test_a_face_has_the_same_scores_alone_and_among_others(stacked, train_faces):
    for expert in stacked.experts:
        together = expert.scores(train_faces)
        alone = [expert.scores(train_faces.take(np.array([i]))) for i in range(10)]
        np.testing.assert_allclose(np.concatenate(alone), together[:10], atol=5e-5)


#: Experts of made faces, as bytes.
TRAINED = """
import hashlib, os, sys
import numpy as np
threads = int(sys.argv[1])
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
from fer_classic.learn.embedding import FaceEmbedding
from fer_classic.learn.kernel_ridge import KernelRidgeScores
random = np.random.default_rng(0)
crops = random.integers(0, 256, (700, 64, 64), dtype=np.uint8)
landmarks = random.uniform(8, 56, (700, 68, 2)).astype(np.float32)
y = random.integers(0, 3, 700)
features = {"sift": {"cells": [6]}, "fisher": {"gaussians": 8}, "geometry": {}}
embedding = FaceEmbedding(features, components=40).fit((crops, landmarks))
vectors = embedding.transform((crops, landmarks))
vectors = np.concatenate([vectors * np.float32(s) for s in (1, 0.9, 1.1, 0.8)])
ridge = KernelRidgeScores().fit(vectors, np.tile(y, 4))
kept = embedding.basis_, embedding.step_, ridge.columns_, ridge.coefficients_
kept += ridge.out_of_fold_, ridge.transform(vectors)
print(hashlib.sha256(b"".join(own.tobytes() for own in kept)).hexdigest())
"""


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="cores as Linux gives them"
)
def test_the_number_of_cores_does_not_change_a_byte():
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("a single core")
    found = []
    for threads in (1, 2):
        own = str(threads)
        variables = {"OMP_NUM_THREADS": own, "OPENBLAS_NUM_THREADS": own}
        done = subprocess.run(
            [sys.executable, "-c", TRAINED, own],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(done.stdout)
    assert found[0] == found[1]
