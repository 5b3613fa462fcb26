"""The small network behind scikit-learn's interface; torch is loaded when it is used."""

from contextlib import contextmanager

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from fer_classic.features.base import check_crops, check_fitted_size
from fer_classic.learn.boost import held_out_parts, threads
from fer_classic.learn.calibrate import best_temperature, class_codes, class_shares
from fer_classic.learn.cnn.parameters import check_parameters, chosen_device
from fer_classic.learn.kernel_targets import checked_shares
from fer_classic.learn.trees import softmax


class SmallCNNClassifier(ClassifierMixin, BaseEstimator):
    """A convolutional network of at most 608,000 weights on aligned crops.

    A part of the training rows is held out (whole groups, stratified by class). Its
    balanced accuracy chooses the epoch whose weights are kept and ends a training that no
    longer improves; one temperature, fitted to the held-out part,
    calibrates the probabilities (Guo et al., ICML 2017). The crops lie on the device as
    bytes and are changed at random there (:mod:`fer_classic.learn.cnn.augment`).

    Parameters
    ----------
    network : {"default", "mini"}
        "default" is residual, "mini" is mini-Xception.
    size : int
        Side in pixels to which the crops are reduced.
    epochs : int, optional
        By default 20 on a CPU and 60 on a GPU.
    batch_size : int
        Faces of a step; halved, and noted, where memory is short.
    learning_rate : float
        The highest, after ``warm_up`` epochs; a cosine then leads it to 0.
    weight_decay : float
    warm_up : float
        Epochs.
    label_smoothing : float
    balance : {"logit", "weights", "oversample", "none"}
        "logit" adds the logarithms of the class frequencies to the logits while
        learning (Menon et al., ICLR 2021), "weights" weighs the loss by them,
        "oversample" draws each class as often.
    prior : {"uniform", "train"}
        Class frequencies that the probabilities assume.
    averaging : float
        Share of the running average of the weights that stays at each step.
    patience : int
        Epochs without a better held-out balanced accuracy that end the training.
    validation_fraction : float
        Share held out; 0 trains all epochs on all rows, uncalibrated.
    mirror : bool
        Whether a prediction averages the logits of a face and of its mirror image.
    device : {"auto", "cpu", "cuda"}
        "auto" is a GPU where torch sees one. There, products are in bfloat16.
    compile : bool
        Whether torch compiles the network, which needs a C++ compiler.
    n_jobs : int
        Threads on a CPU; -1 for all cores. Their number changes the last digits.
    random_state : int

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
    crop_size_ : int
    class_counts_ : ndarray of int64, shape (n_classes,)
        Training rows of each class; where shares are learned, their rounded sums.
    log_prior_shift_ : ndarray of float64, shape (n_classes,)
        Added to the logits to reach ``prior``.
    temperature_ : float
        Divides the logits.
    best_iteration_ : int
        Epoch whose weights are kept.
    held_out_ : pair of ndarrays, shapes (m,) and (m, n_classes)
        Rows held out, and their probabilities.
    curves_ : dict
        ``{"train" | "validation": {metric: [one value an epoch]}}``; those of "train"
        are of augmented faces.
    notes_ : list of str
        What did not go as planned: memory, a loss that was no number.
    unkept_ : str
        Why epochs were not kept in the checkpoint, or "".
    seconds_ : dict of str to float
        "wall" and "cpu" seconds of learning, of all sittings.
    network_ : torch.nn.Module
    """

    def __init__(
        self,
        *,
        network="default",
        size=44,
        epochs=None,
        batch_size=64,
        learning_rate=0.05,
        weight_decay=5e-4,
        warm_up=1.0,
        label_smoothing=0.1,
        balance="logit",
        prior="uniform",
        averaging=0.999,
        patience=15,
        validation_fraction=0.1,
        mirror=True,
        device="auto",
        compile=False,
        n_jobs=-1,
        random_state=0,
    ):
        self.network = network
        self.size = size
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.warm_up = warm_up
        self.label_smoothing = label_smoothing
        self.balance = balance
        self.prior = prior
        self.averaging = averaging
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.mirror = mirror
        self.device = device
        self.compile = compile
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y, groups=None, progress=None, checkpoint=None, targets=None):
        """Train and calibrate.

        Parameters
        ----------
        X : array of uint8, shape (n, S, S)
        y : array, shape (n,)
            Classes.
        groups : array, shape (n,), optional
            Rows of one group are held out together.
        progress : callable, optional
            Called as ``progress(epochs done, note)``, with a fraction of an epoch.
        checkpoint : path-like, optional
            File that keeps each epoch. If it is there, the training goes on from it and
            ends as it would have without the interruption.
        targets : array of float, shape (n, n_classes), optional
            Shares of the classes (in sorted order) in each row, which sum to 1, to learn
            in place of ``y``; that still stratifies, and judges the rows held out.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            A parameter or a share is impossible, or there is a single class.
        FerClassicError
            torch or the device is not there, memory does not suffice, the loss was not
            finite in the first epoch, or the checkpoint is of something else.
        """
        self.check_parameters()
        X, (codes, counts) = check_crops(X), self._check_classes(X, y)
        if targets is not None:
            targets = checked_shares(codes, targets)
            counts = np.maximum(np.rint(targets.sum(axis=0)), 1).astype(np.int64)
        chosen_device(self.device)  # says what is missing
        target = class_shares(self.prior, counts)
        learned = class_shares("train" if self.balance == "none" else "uniform", counts)
        self.log_prior_shift_ = np.log(target) - np.log(learned)
        self.crop_size_, self.class_counts_ = X.shape[1], counts
        fitted, held = self._parts(codes, groups)
        import torch

        from fer_classic.learn.cnn.start import identity_of, new_training

        with self.own_threads():
            training = new_training(self, X, codes, fitted, held, targets)
            identity = identity_of(training.recipe, self, X, codes, held, targets)
            with torch.random.fork_rng(devices=[]):  # dropout draws from it
                training.run(progress, checkpoint, identity)
            self.network_ = training.network
        self.best_iteration_, self.curves_ = training.best_epoch, training.curves
        self.notes_, self.unkept_ = training.notes, training.unkept
        self.seconds_ = {"wall": training.seconds, "cpu": training.cpu_seconds}
        self.temperature_ = 1.0
        scores = self._scores(X[held]) if len(held) else np.empty((0, len(counts)))
        if len(held):
            self.temperature_ = best_temperature(scores, codes[held], target)
        self.held_out_ = held, softmax(scores / self.temperature_)
        return self

    def predict_proba(self, X):
        """Calibrated probabilities.

        Parameters
        ----------
        X : array of uint8, shape (n, S, S)

        Returns
        -------
        ndarray of float64, shape (n, n_classes)
            Each row sums to 1; columns follow ``classes_``.
        """
        check_is_fitted(self)
        X = check_crops(X)
        check_fitted_size(self, X)
        return softmax(self._scores(X) / self.temperature_)

    def predict(self, X):
        """The most probable class of each face.

        Parameters
        ----------
        X : array of uint8, shape (n, S, S)

        Returns
        -------
        ndarray, shape (n,)
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def check_parameters(self):
        """Raise ValueError if a parameter is impossible, as ``fit`` would."""
        check_parameters(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

    def _check_classes(self, X, y):
        y = np.asarray(y)
        if len(y) != len(X):
            raise ValueError(f"There are {len(X)} crops and {len(y)} classes.")
        self.classes_, codes, counts = class_codes(y)
        return codes, counts

    def _parts(self, codes, groups):
        """Rows to learn from and rows held out, none where a class is too small."""
        if self.validation_fraction > 0:
            parts = max(2, round(1 / self.validation_fraction))
            if usable := held_out_parts(codes, groups, parts, self.random_state):
                return usable[0]
        return np.arange(len(codes)), np.empty(0, dtype=np.int64)

    def _scores(self, X):
        import torch

        from fer_classic.learn.cnn.scoring import logits_of

        device = next(self.network_.parameters()).device
        with self.own_threads():
            crops = torch.from_numpy(np.array(X)).to(device)
            logits = logits_of(self.network_, crops, self.mirror)
        return logits.cpu().numpy().astype(np.float64) + self.log_prior_shift_

    @contextmanager
    def own_threads(self):
        """Torch with the number of threads that ``n_jobs`` means, for a while."""
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(threads(self.n_jobs))
        try:
            yield
        finally:
            torch.set_num_threads(before)
