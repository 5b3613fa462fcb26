"""Versions of the packages that decide a result."""


def versions(*more):
    """Versions of Python and of the packages that decide a result.

    Parameters
    ----------
    *more : str
        Further packages.

    Returns
    -------
    dict of str to str
    """
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    names = ("fer_classic", "numpy", "scipy", "scikit-learn", "scikit-image")
    names += ("imbalanced-learn", "lightgbm", "pillow", "numba", "joblib", *more)
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    for name in ("dlib-bin", "dlib"):
        try:
            found["dlib"] = f"{version(name)} ({name})"
            break
        except PackageNotFoundError:
            continue
    return found


def package_version(name):
    """Version of an installed distribution, or "none"."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
