"""Numerical backends: the contract (`Backend`), the implementations, and how to get one by name."""

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.errors import InkdigitsError
from backends.registry import BackendError, BackendInfo, available_backends, get_backend

__all__ = [
    "Array",
    "Backend",
    "BackendError",
    "BackendInfo",
    "InkdigitsError",
    "Parameters",
    "available_backends",
    "get_backend",
]
