"""Whether torch is there, and what it computes on."""

from importlib.util import find_spec

from fer_classic.errors import FerClassicError, UsageError, one_of
from fer_classic.learn.cnn.parameters import DEVICES


def check_torch(*names):
    """Raise FerClassicError unless packages of the extra ``cnn`` are installed.

    Parameters
    ----------
    *names : str
        By default those that every use of a network needs.
    """
    for name in names or ("torch", "safetensors"):
        if find_spec(name) is None:
            raise FerClassicError(
                f"The network needs {name}, which is not installed: "
                "pip install 'fer_classic[cnn]'"
            )


def chosen_device(device):
    """The device that "auto", "cpu" or "cuda" means here.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}

    Returns
    -------
    str
        "cpu" or "cuda".

    Raises
    ------
    FerClassicError
        torch is not installed.
    UsageError
        "cuda" is asked for, and torch sees no GPU.
    """
    one_of(device, DEVICES, "--device")
    check_torch()
    import torch

    seen = torch.cuda.is_available()
    if device == "cuda" and not seen:
        built = torch.version.cuda
        reason = f"built for CUDA {built}" if built else "a build for CPUs alone"
        raise UsageError(
            f"--device cuda: torch {torch.__version__} sees no GPU (it is {reason}). Give "
            "--device cpu, or install a driver and a CUDA build of torch."
        )
    return "cuda" if seen and device != "cpu" else "cpu"
