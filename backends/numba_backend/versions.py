"""Which Numba this package was tested with: `simd` and `compiler` use parts of it that are not public."""

from __future__ import annotations

from importlib.metadata import version

LOWEST, CEILING = (0, 63), (0, 69)


def check_numba(installed: str) -> None:
    """Raise ImportError, with a way out, for a Numba outside ``LOWEST <= version < CEILING``."""
    major, minor = installed.split(".")[:2]
    if not LOWEST <= (int(major), int(minor)) < CEILING:
        lowest, ceiling = (".".join(map(str, each)) for each in (LOWEST, CEILING))
        raise ImportError(f"numba {installed} was not tested; pip install 'numba>={lowest},<{ceiling}'")


check_numba(version("numba"))
