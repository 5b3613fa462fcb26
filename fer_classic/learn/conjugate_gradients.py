"""Conjugate gradients for kernel systems, many of them side by side."""

import numpy as np

from fer_classic.compute.products import gram, in_threads, product, slices, times_transposed

#: Steps at most, the residual over the right side that ends them, and the rank of the
#: preconditioner.
STEPS, TOLERANCE, RANK = 200, 0.01, 1000


def solve(kernel, targets, sets, weights, number, ridge, random_state=0):
    """Solve ``(K + ridge * diag(1 / weights)) a = t`` on several sets of rows at once.

    With ``a = sqrt(weights) * b`` the system is symmetric; all its columns go through
    conjugate gradients side by side. The few directions of large variance, which would
    take hundreds of steps, are solved beforehand: the inverse of a low-rank approximation
    of the kernel from some of its columns is the preconditioner (Frangella et al., SIMAX
    2023), exactly for each set of rows.

    Parameters
    ----------
    kernel : KernelBlocks
        Of n rows.
    targets : ndarray of float32, shape (n, c)
    sets : ndarray of int, shape (n,)
        The system that each row is left out of; -1 for none.
    weights : ndarray of float, shape (n,)
    number : int
        Systems; nothing is left out of the last one.
    ridge : float
    random_state : int

    Returns
    -------
    ndarray of float32, shape (number, c, n)
        0 where a row is left out.
    """
    classes = targets.shape[1]
    used = np.stack([sets != own for own in range(number)]).astype(np.float32)
    root = np.sqrt(weights).astype(np.float32)
    precondition = _preconditioner(kernel, root, sets, used, ridge, random_state)
    used = np.repeat(used, classes, axis=0)
    root = root * used
    residual = root * np.tile(targets.T, (number, 1))
    first = np.maximum(_dots(residual, residual), 1e-30)
    solution = np.zeros_like(residual)
    scaled = precondition(residual)
    direction, power = scaled.copy(), _dots(residual, scaled)
    for _ in range(STEPS):
        image = root * kernel.times(root * direction)
        image += np.float32(ridge) * direction
        step = (power / np.maximum(_dots(direction, image), 1e-30))[:, None]
        solution += step * direction
        residual -= step * image
        if (_dots(residual, residual) <= TOLERANCE**2 * first).all():
            break
        scaled = precondition(residual)
        before, power = power, _dots(residual, scaled)
        direction *= (power / np.maximum(before, 1e-30))[:, None]
        direction += scaled
    return (root * solution).reshape(number, classes, -1)


def _dots(A, B):
    """Products of the lines of two matrices with one another."""
    return np.einsum("ij,ij->i", A, B)


def _preconditioner(kernel, root, sets, used, ridge, random_state):
    """Approximate inverse of the scaled system of every set of rows, as a function."""
    random = np.random.default_rng(random_state)
    n, jobs = len(root), kernel.jobs
    some = np.sort(random.choice(n, min(n, RANK), replace=False))
    columns = kernel.columns(some)
    inside = columns[some] * root[some] * root[some, None]

    power, turn = np.linalg.eigh(inside.astype(np.float64))
    turn = turn / np.sqrt(np.maximum(power, power[-1] * 1e-6))
    # kernel, scaled by root on both sides, is about factor @ factor.T
    factor = product(columns, (root[some, None] * turn).astype("f4"), jobs)
    factor *= root[:, None]
    squares = [gram(factor[sets == own], jobs) for own in range(-1, len(used) - 1)]
    whole = sum(squares)

    def invert(square):
        square = square.astype(np.float64)
        square[np.diag_indices(len(square))] += ridge
        return np.linalg.inv(square).astype(np.float32)

    inverses = in_threads(invert, [whole - own for own in squares[1:]] + [whole], jobs)
    parts = slices(n)

    def apply(residual):
        pieces = in_threads(lambda own: residual[:, own] @ factor[own], parts, jobs)
        inner = sum(pieces).reshape(len(inverses), -1, len(some))
        inner = [one @ inverse for one, inverse in zip(inner, inverses, strict=True)]
        inner = np.concatenate(inner)
        known = np.concatenate(
            in_threads(lambda own: times_transposed(inner, factor[own]), parts, jobs),
            axis=1,
        )
        known *= np.repeat(used, len(residual) // len(used), axis=0)
        return (residual - known) / np.float32(ridge)

    return apply
